// /docs: Swagger UI with this application's OpenAPI document.
document.documentElement.classList.toggle("dark-mode", matchMedia("(prefers-color-scheme: dark)").matches);
SwaggerUIBundle({ url: "/openapi.json", dom_id: "#docs", deepLinking: true, displayRequestDuration: true, validatorUrl: null });
