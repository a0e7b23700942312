"""A plain implementation of the paths that bench/rival.py measures, in FastAPI, SQLModel, asyncpg and redis.asyncio.

It uses the tables of `intermediate` and accepts its tokens, so that both return the same data. Like `intermediate`, it
loads one user per request, caches pages in Redis under the owner's version, and logs one line per request. It leaves
out revocable sessions, request ids, security headers and metrics.
"""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Literal

import jwt
import redis.asyncio
from fastapi import Depends, FastAPI, HTTPException, Query, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import Column, DateTime, func, update
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import selectinload
from sqlmodel import Field, Relationship, SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

SECRET = os.environ["JWT_SECRET"]
CACHED = os.environ["CACHE"] == "on"
TTL_SECONDS = 60

engine = create_async_engine(os.environ["DATABASE_URL"], pool_size=5, max_overflow=5)
cache = redis.asyncio.Redis.from_url(os.environ["REDIS_URL"], socket_timeout=0.25)
app = FastAPI()
bearer = HTTPBearer()

Status = Literal["pending", "in_progress", "completed"]
Priority = Literal["low", "normal", "high"]


def now() -> datetime:
    return datetime.now(UTC)


def a_time(*, nullable: bool = False) -> Column[datetime]:
    return Column(DateTime(timezone=True), nullable=nullable)


class User(SQLModel, table=True):
    __tablename__ = "users"
    id: int | None = Field(default=None, primary_key=True)
    email: str
    role: str
    is_active: bool
    tasks_version: int


class TaskTag(SQLModel, table=True):
    __tablename__ = "task_tags"
    task_id: int = Field(foreign_key="tasks.id", primary_key=True)
    tag: str = Field(primary_key=True)


class Task(SQLModel, table=True):
    __tablename__ = "tasks"
    id: int | None = Field(default=None, primary_key=True)
    owner_id: int = Field(foreign_key="users.id")
    title: str
    description: str | None = None
    status: str = "pending"
    priority: str = "normal"
    due_at: datetime | None = Field(default=None, sa_column=a_time(nullable=True))
    search: str
    created_at: datetime = Field(default_factory=now, sa_column=a_time())
    updated_at: datetime = Field(default_factory=now, sa_column=a_time())
    completed_at: datetime | None = Field(default=None, sa_column=a_time(nullable=True))
    deleted_at: datetime | None = Field(default=None, sa_column=a_time(nullable=True))
    version: int = 1
    tag_rows: list[TaskTag] = Relationship(sa_relationship_kwargs={"order_by": "TaskTag.tag"})

    @property
    def tags(self) -> list[str]:
        return [row.tag for row in self.tag_rows]


class TaskIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    description: Annotated[str, StringConstraints(max_length=10_000)] | None = None
    status: Status = "pending"
    priority: Priority = "normal"
    due_at: datetime | None = None
    tags: list[Annotated[str, StringConstraints(min_length=1, max_length=40)]] = []


class TaskOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    owner_id: int
    title: str
    description: str | None
    status: Status
    priority: Priority
    due_at: datetime | None
    tags: list[str]
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None
    version: int


class TaskPage(BaseModel):
    items: list[TaskOut]
    total: int
    limit: int
    offset: int


async def a_session() -> AsyncIterator[AsyncSession]:
    async with AsyncSession(engine, expire_on_commit=False) as session:
        yield session


Session = Annotated[AsyncSession, Depends(a_session)]


async def current_user(session: Session, proof: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> User:
    try:
        claims = jwt.decode(
            proof.credentials, SECRET, algorithms=["HS256"], audience="intermediate-api", issuer="intermediate"
        )
    except jwt.InvalidTokenError:
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"}) from None
    user = await session.get(User, int(claims["sub"]))
    if user is None or not user.is_active:
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
    return user


Me = Annotated[User, Depends(current_user)]


@app.get("/api/tasks", response_model=TaskPage)
async def tasks(
    session: Session,
    me: Me,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> TaskPage:
    key = f"rival:{me.id}:{me.tasks_version}:{limit}:{offset}"
    if CACHED and (kept := await cache.get(key)):
        return TaskPage.model_validate_json(kept)
    mine = (Task.owner_id == me.id, Task.deleted_at.is_(None))
    total = (await session.exec(select(func.count()).select_from(Task).where(*mine))).one()
    rows = select(Task).where(*mine).order_by(Task.created_at.desc(), Task.id.desc()).limit(limit).offset(offset)
    found = await session.exec(rows.options(selectinload(Task.tag_rows)))
    items = [TaskOut.model_validate(task) for task in found]
    page = TaskPage(items=items, total=total, limit=limit, offset=offset)
    if CACHED:
        await cache.set(key, page.model_dump_json(), ex=TTL_SECONDS)
    return page


@app.post("/api/tasks", response_model=TaskOut, status_code=201)
async def create(session: Session, me: Me, new: TaskIn, response: Response) -> TaskOut:
    values = new.model_dump(exclude={"tags"})
    task = Task(owner_id=me.id, search=f"{new.title}\n{new.description or ''}".casefold(), **values)
    task.tag_rows = [TaskTag(tag=tag) for tag in sorted(set(new.tags))]
    session.add(task)
    await session.exec(update(User).where(User.id == me.id).values(tasks_version=User.tasks_version + 1))
    await session.commit()
    response.headers["Location"] = f"/api/tasks/{task.id}"
    return TaskOut.model_validate(task)
