# One image for the web, the worker and migrations; the command says which it is.
FROM python:3.12-slim AS build
WORKDIR /src
COPY setup.cfg pyproject.toml README.md LICENSE ./
COPY intermediate intermediate
COPY alembic alembic
COPY docs docs
# setup.cfg says which versions
# hadolint ignore=DL3013
RUN pip install --no-cache-dir --prefix=/install '.[all]'

# The queue's dashboard. It needs six, which its other dependencies no longer bring.
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
# Backends that keep something in a file, such as a SQLite database, find a place for it here.
VOLUME /data
EXPOSE 8003
CMD ["intermediate-app", "production.ini", "--host", "0.0.0.0"]
