/** What the apps have in common in a page, too. */
export { configOfKind, type ModelKind } from './config-of-kind.ts';
export type { ModelFormat } from './model-format.ts';
export { Budget, type BudgetOptions, learningRateAt } from './budget.ts';
