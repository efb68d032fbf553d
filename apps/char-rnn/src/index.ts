/** A character-level language model: built, trained, saved, and made to write. */
export { CharRnn, type CharRnnOptions, type CharRnnCallOptions, type CharRnnState } from './model.ts';
export { CELLS, type CellName, type CharRnnConfig, type CharacterModel, buildCharRnn } from './config.ts';
export { encodeCharRnn, decodeCharRnn } from './model-file.ts';
export { compileCharRnn } from './compile.ts';
export { generate, type GenerateOptions } from './generate.ts';
export { Conversation, type ConversationOptions, type ReplyOptions } from './conversation.ts';
export { evaluate, type EvaluateOptions, type Evaluation } from './evaluate.ts';
export { evaluateDynamically, type EvaluateDynamicallyOptions } from './dynamic/evaluate-dynamically.ts';
export { GradientRule, RmsRule, type DynamicRule, type DynamicRuleOptions } from './dynamic/rules.ts';
export { FEATURES, type TextFeature } from './units/features.ts';
export { readUnits, type UnitSeries } from './units/read-units.ts';
export { unitsThatFollow, type Followers, type FollowingUnit } from './units/follow.ts';
export { train, type TrainOptions, type TrainingSamples } from './train.ts';
export { Budget, type BudgetOptions, learningRateAt } from '@unroll/app-kit';
