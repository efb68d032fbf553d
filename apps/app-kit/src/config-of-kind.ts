import { UnrollError } from '@unroll/tensor';

/** Which app a model file is of. */
export interface ModelKind {
  readonly kind: string;
  /** Of the description. */
  readonly version: number;
}

/**
 * The fields of a model's description that say something of the model itself.
 * @throws UnrollError INVALID_FILE if it is a model of another kind, or of another version
 */
export function configOfKind(
  description: unknown,
  { kind: KIND, version: VERSION }: ModelKind,
): Readonly<Record<string, unknown>> {
  const { kind, version, ...config } = asRecord(description);
  if (kind !== KIND) {
    const found = kind === undefined ? 'says nothing of its kind' : `is of the kind ${JSON.stringify(kind)}`;
    throw new UnrollError('INVALID_FILE', `The model in the file ${found}; a ${KIND} model is needed.`);
  }
  if (version !== VERSION) {
    throw new UnrollError(
      'INVALID_FILE',
      `The ${KIND} model in the file has the version ${JSON.stringify(version)}; this release reads ${VERSION}. Update @unroll/${KIND}.`,
    );
  }
  return config;
}

function asRecord(json: unknown): Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null ? (json as Readonly<Record<string, unknown>>) : {};
}
