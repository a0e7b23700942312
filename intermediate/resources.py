"""The resource tree that traversal walks, with the ACL of each resource.

One tree serves both surfaces, the site and the API. `/notes/7` and `/api/tasks/7` both lead to a Task. The root sets
`request.surface` to `site`, and its child `api` sets it to `api`. Views are selected by resource, name and surface
(`intermediate.views`).

    /                        Root       everyone
    /auth, /api/auth         Auth       everyone, if the auth backend has passwords
    /account, /api/users/me  Me         signed-in users
    /api/users               Users      admins
    /api/users/7             User       admins
    /notes, /api/tasks       Tasks      signed-in users
    /notes/7, /api/tasks/7   Task       its owner
       (in the trash)        TrashedTask  its owner
    /admin                   Admin      admins
    /admin/users             Users
    /admin/users/7           User
    /admin/jobs              AdminJobs  admins
    /admin/jobs/7            AdminJob
    /jobs, /api/jobs         Jobs       signed-in users
    /jobs/7, /api/jobs/7     Job        its owner; admins
    /reports                 Reports    signed-in users
    /api/jobs/task-report    Reports
    /api/jobs/task-report/7  Report     its owner; admins
    /api                     Api        everyone

An unknown name raises KeyError, which Pyramid turns into 404. So does another owner's task or job.
"""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound

from intermediate import accounts, ledger
from intermediate.models import Job as JobRow
from intermediate.models import User as UserRow
from intermediate.plugins.base import Capability
from intermediate.plugins.tasks.interface import Task as TaskData
from intermediate.request import Request
from intermediate.security import ADMIN_ONLY, ADMINS, PUBLIC, SIGNED_IN, Acl, Identity, owned_by

_ID = re.compile(r"[1-9][0-9]{0,8}")


def parse_id(name: str) -> int:
    """Return the id in a path segment, or raise KeyError."""
    if not _ID.fullmatch(name):
        raise KeyError(name)
    return int(name)


class Resource:
    """A node of the tree."""

    __acl__: Any = PUBLIC
    children: ClassVar[Mapping[str, type["Resource"]]] = {}

    def __init__(self, request: Request, parent: "Resource | None" = None, name: str = "") -> None:
        self.request = request
        self.__parent__ = parent
        self.__name__ = name

    def __getitem__(self, name: str) -> "Resource":
        return self.children[name](self.request, self, name)

    def signed_in(self) -> Identity:
        """Return the caller's identity. If nobody is signed in, HTTPForbidden, which becomes 401 or the login page."""
        who = self.request.identity
        if who is None:
            raise HTTPForbidden
        return who


class Auth(Resource):
    """Registration, login and logout. Missing if the auth backend has no passwords."""

    def __init__(self, request: Request, parent: Resource, name: str) -> None:
        if Capability.PASSWORDS not in request.auth.capabilities:
            raise KeyError(name)
        super().__init__(request, parent, name)

    def choose_passwords(self) -> None:
        """Raise HTTPNotFound if accounts and passwords are managed by another service."""
        if Capability.REGISTRATION not in self.request.auth.capabilities:
            raise HTTPNotFound


class Owned(Resource):
    """A resource that belongs to the caller."""

    __acl__ = SIGNED_IN

    @property
    def owner(self) -> int:
        return self.signed_in().user_id


class Me(Owned):
    """The caller's account."""


class User(Resource):
    """An account, as administrators see it."""

    __acl__ = ADMIN_ONLY

    def __init__(self, request: Request, parent: Resource, user: UserRow) -> None:
        super().__init__(request, parent, str(user.id))
        self.user = user


class Users(Resource):
    """All accounts. Only administrators can find out which ids exist."""

    __acl__ = ADMIN_ONLY

    def __getitem__(self, name: str) -> Resource:
        if name == "me" and self.request.surface == "api":
            return Me(self.request, self, name)
        user_id = parse_id(name)
        if not self.signed_in().is_admin:
            raise HTTPForbidden
        return User(self.request, self, accounts.get(self.request.db, user_id))


class OneTask(Resource):
    """One of the caller's tasks, as it was when traversal loaded it."""

    def __init__(self, request: Request, parent: Resource, task: TaskData) -> None:
        super().__init__(request, parent, str(task.id))
        self.task = task

    def __acl__(self) -> Acl:
        return owned_by(self.task.owner_id)


class Task(OneTask):
    """A task that is not in the trash."""


class TrashedTask(OneTask):
    """A task in the trash. It can be restored; all other views need a Task."""


class Tasks(Owned):
    """The caller's tasks."""

    def __getitem__(self, name: str) -> Resource:
        task_id, store = parse_id(name), self.request.tasks
        try:
            return Task(self.request, self, store.get(self.owner, task_id))
        except KeyError:
            return TrashedTask(self.request, self, store.get(self.owner, task_id, trashed=True))


class Report(Resource):
    """One owner's latest report, which may not exist yet."""

    def __init__(self, request: Request, parent: Resource, owner: int) -> None:
        super().__init__(request, parent, str(owner))
        self.owner = owner

    def __acl__(self) -> Acl:
        return owned_by(self.owner, ADMINS)


class Reports(Owned):
    """Reports: the caller's own on the site, each owner's by id in the API."""

    def __getitem__(self, name: str) -> Resource:
        if self.request.surface != "api":
            raise KeyError(name)
        self.signed_in()
        return Report(self.request, self, parse_id(name))


class OneJob(Resource):
    """A row of the job ledger."""

    def __init__(self, request: Request, parent: Resource, job: JobRow) -> None:
        super().__init__(request, parent, str(job.id))
        self.job = job


class Job(OneJob):
    """A job, as its owner sees it."""

    def __acl__(self) -> Acl:
        return owned_by(self.job.owner_id, ADMINS)


class Jobs(Resource):
    """The jobs that the caller may see."""

    __acl__ = SIGNED_IN

    def __getitem__(self, name: str) -> Resource:
        if name == "task-report" and self.request.surface == "api":
            return Reports(self.request, self, name)
        job_id = parse_id(name)
        who = self.signed_in()
        job = ledger.get(self.request.db, job_id)
        if job.owner_id != who.user_id and not who.is_admin:
            raise KeyError(name)
        return Job(self.request, self, job)


class AdminJob(OneJob):
    """A job of any owner, as administrators see it."""

    __acl__ = ADMIN_ONLY


class AdminJobs(Resource):
    """All jobs. Only administrators can find out which ids exist."""

    __acl__ = ADMIN_ONLY

    def __getitem__(self, name: str) -> Resource:
        job_id = parse_id(name)
        if not self.signed_in().is_admin:
            raise HTTPForbidden
        return AdminJob(self.request, self, ledger.get(self.request.db, job_id))


class Admin(Resource):
    """The pages for administrators."""

    __acl__ = ADMIN_ONLY
    children: ClassVar = {"users": Users, "jobs": AdminJobs}


class Api(Resource):
    """The JSON surface."""

    children: ClassVar = {"auth": Auth, "users": Users, "tasks": Tasks, "jobs": Jobs}

    def __init__(self, request: Request, parent: Resource, name: str) -> None:
        super().__init__(request, parent, name)
        request.surface = "api"


class Root(Resource):
    """The root of the tree and the site's home page."""

    children: ClassVar = {
        "auth": Auth,
        "notes": Tasks,
        "jobs": Jobs,
        "reports": Reports,
        "account": Me,
        "admin": Admin,
        "api": Api,
    }

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        request.surface = "site"
