// /redoc: ReDoc with this application's OpenAPI document.

// ReDoc loads a logo from its vendor's site, by setting `src` in two ways. This application loads nothing from other
// sites, so an address of another site is replaced by an empty image, which ReDoc then leaves out.
const ours = (address) => (/^https?:/.test(address) && new URL(address).origin !== location.origin ? "data:," : address);
const image = HTMLImageElement.prototype;
const src = Object.getOwnPropertyDescriptor(image, "src");
Object.defineProperty(image, "src", { ...src, set(address) { src.set.call(this, ours(address)); } });
image.setAttribute = function (name, value) {
  Element.prototype.setAttribute.call(this, name, name === "src" ? ours(value) : value);
};

Redoc.init("/openapi.json", { hideLoading: true }, document.getElementById("docs"));
