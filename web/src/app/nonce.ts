/** The nonce with which libraries may add style elements. It comes with the page and allows no script. */
export const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";

Object.assign(globalThis, { __webpack_nonce__: nonce });
