// /redoc: ReDoc, drawing this application's own description of itself.

// It would show a picture from its maker's site, by both ways there are to name one. Nothing here asks another site for
// anything, so it is given a picture that cannot be shown, and then leaves it out.
const ours = (address) => (/^https?:/.test(address) && new URL(address).origin !== location.origin ? "data:," : address);
const image = HTMLImageElement.prototype;
const src = Object.getOwnPropertyDescriptor(image, "src");
Object.defineProperty(image, "src", { ...src, set(address) { src.set.call(this, ours(address)); } });
image.setAttribute = function (name, value) {
  Element.prototype.setAttribute.call(this, name, name === "src" ? ours(value) : value);
};

Redoc.init("/openapi.json", { hideLoading: true }, document.getElementById("docs"));
