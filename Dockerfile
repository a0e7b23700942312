# One image for the web, the worker and migrations; the command says which it is.
FROM python:3.12-slim AS build
WORKDIR /src
COPY setup.cfg pyproject.toml README.md LICENSE ./
COPY intermediate intermediate
COPY alembic alembic
RUN pip install --no-cache-dir --prefix=/install .

FROM python:3.12-slim
RUN useradd --create-home --uid 10001 app && install -d -o app /data
COPY --from=build /install /usr/local
COPY production.ini /app/production.ini
WORKDIR /app
USER app
ENV INTERMEDIATE_DATABASE_URL=sqlite:////data/production.sqlite
VOLUME /data
EXPOSE 8003
CMD ["intermediate-app", "production.ini", "--host", "0.0.0.0"]
