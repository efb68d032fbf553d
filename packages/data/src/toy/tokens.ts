/** The ids that all toy languages share. The symbols of a language count on from `symbol`. */
export const TOY_TOKENS: { readonly pad: 0; readonly start: 1; readonly end: 2; readonly symbol: 3 } = {
  pad: 0,
  start: 1,
  end: 2,
  symbol: 3,
};
