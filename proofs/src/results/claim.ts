/** Something that is said, and the figures for it. */
export interface Claim {
  readonly claim: string;
  readonly figure: string;
  /** What the figure is held to. */
  readonly reference: string;
}
