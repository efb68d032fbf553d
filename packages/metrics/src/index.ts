/** How good a model's answers are. */
export {};
