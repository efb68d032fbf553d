/** 12345 → 12,345 */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

/** 75 → 1:15; 3661 → 1:01:01 */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const [hours, ...rest] = parts;
  const padded = rest.map((part) => String(part).padStart(2, '0'));
  return hours === 0 ? `${Number(padded[0])}:${padded[1]}` : [hours, ...padded].join(':');
}

/** 1.5 nats → 1.500 nats = 2.164 bits per character */
export function natsAndBits(nats: number): string {
  return `${nats.toFixed(3)} nats = ${(nats / Math.LN2).toFixed(3)} bits per character`;
}
