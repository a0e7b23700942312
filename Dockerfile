# One image for web processes, workers and migrations; the command selects one.
FROM python:3.12-slim AS build
WORKDIR /src
COPY setup.cfg pyproject.toml README.md LICENSE ./
COPY intermediate intermediate
COPY alembic alembic
COPY docs docs
# setup.cfg sets the versions.
# hadolint ignore=DL3013
RUN pip install --no-cache-dir --prefix=/install '.[all]'

# The dashboard of the queue. It needs six, which its dependencies no longer install.
FROM python:3.12-slim AS dashboard
RUN pip install --no-cache-dir rq-dashboard==0.9.0 rq==3.0.0 redis==8.1.0 six==1.17.0
USER 10001
EXPOSE 9181
CMD ["rq-dashboard"]

FROM python:3.12-slim AS app
RUN useradd --create-home --uid 10001 app && install -d -o app /data
COPY --from=build /install /usr/local
COPY production.ini /app/production.ini
WORKDIR /app
USER 10001
# For backends that store files, such as a SQLite database.
VOLUME /data
EXPOSE 8003
CMD ["intermediate-app", "production.ini", "--host", "0.0.0.0"]
