import type { Rng } from '@unroll/tensor';

/** One thing, said in a language. */
export type Say = (locale: string) => string;

/** A kind of thing to say; each call draws another one, such that what is said in the language `from` leaves no doubt what is meant. */
export type Kind = (rng: Rng, from: string) => Say;

const UNITS: readonly string[] =
  'kilometer meter centimeter mile liter kilogram gram pound celsius percent byte megabyte hour minute second day week month year kilometer-per-hour mile-per-hour'.split(
    ' ',
  );
const TIMES: readonly Intl.RelativeTimeFormatUnit[] = ['second', 'minute', 'hour', 'day', 'week', 'month', 'year'];
const CURRENCIES: readonly string[] = 'USD EUR GBP JPY CHF CNY INR BRL CAD AUD SEK NOK DKK PLN CZK MXN'.split(' ');
const REGIONS: readonly string[] =
  'DE FR IT ES PT GB IE NL BE CH AT PL CZ SE NO DK FI GR TR RU UA US CA MX BR AR CL PE CN JP KR IN ID TH VN EG MA NG KE ZA AU NZ'.split(
    ' ',
  );
const LANGUAGES: readonly string[] =
  'en de fr it es pt nl pl cs sv nb da fi el tr ru uk ar he hi bn zh ja ko th vi id sw hu ro'.split(' ');

const DATES: readonly Intl.DateTimeFormatOptions[] = [
  { dateStyle: 'full' },
  { dateStyle: 'long' },
  { dateStyle: 'medium' },
  { month: 'long', day: 'numeric' },
  { month: 'long', year: 'numeric' },
  { weekday: 'long', month: 'long', day: 'numeric' },
  { dateStyle: 'long', timeStyle: 'short' },
];

export type KindName = 'date' | 'time' | 'relativeTime' | 'unit' | 'currency' | 'list' | 'displayName';

const TIME: Intl.DateTimeFormatOptions = { timeStyle: 'medium' };

/** All kinds, by name. */
export const KINDS: { readonly [name in KindName]: Kind } = {
  date(rng, from) {
    const date = new Date(Date.UTC(1950, 0, 1) + rng.integer(36_525) * 86_400_000 + rng.integer(1440) * 60_000);
    const chosen = pick(rng, DATES);
    const said = dateIn(from, chosen, date);
    // Where a language has one way for two, as Chinese for long and medium dates, the first is meant.
    const meant = DATES.find((format) => dateIn(from, format, date) === said) ?? chosen;
    return (locale) => dateIn(locale, meant, date);
  },
  time(rng) {
    const time = new Date(rng.integer(86_400) * 1000);
    return (locale) => dateIn(locale, TIME, time);
  },
  relativeTime(rng) {
    const [amount, unit] = [1 + amountBelow(rng, 3), pick(rng, TIMES)];
    const signed = rng.integer(2) === 0 ? amount : -amount;
    return (locale) => new Intl.RelativeTimeFormat(locale).format(signed, unit);
  },
  unit(rng) {
    const [value, unit] = [decimal(rng), pick(rng, UNITS)];
    return (locale) => new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(value);
  },
  currency(rng) {
    const [value, currency] = [decimal(rng), pick(rng, CURRENCIES)];
    const currencyDisplay = rng.integer(3) === 0 ? 'symbol' : 'name';
    return (locale) => new Intl.NumberFormat(locale, { style: 'currency', currency, currencyDisplay }).format(value);
  },
  list(rng) {
    const type = rng.integer(2) === 0 ? 'conjunction' : 'disjunction';
    const names = some(rng, rng.integer(2) === 0 ? 'region' : 'language', 2 + rng.integer(3));
    return (locale) => new Intl.ListFormat(locale, { type }).format(names.map((name) => name(locale)));
  },
  /** "German (Brazil)": languages as they are spoken somewhere. */
  displayName(rng) {
    const tag = `${pick(rng, LANGUAGES)}-${pick(rng, REGIONS)}`;
    return (locale) => named(new Intl.DisplayNames(locale, { type: 'language', languageDisplay: 'standard' }), tag);
  },
};

/** To make one of these takes longer than to use it. */
const formats = new Map<string, Map<Intl.DateTimeFormatOptions, Intl.DateTimeFormat>>();

function dateIn(locale: string, options: Intl.DateTimeFormatOptions, date: Date): string {
  const ofLocale = formats.get(locale) ?? new Map<Intl.DateTimeFormatOptions, Intl.DateTimeFormat>();
  const format = ofLocale.get(options) ?? new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC' });
  formats.set(locale, ofLocale.set(options, format));
  return format.format(date);
}

function pick<Item>(rng: Rng, items: readonly Item[]): Item {
  return items[rng.integer(items.length)]!;
}

/** Different names, to be said in a language. */
function some(rng: Rng, type: 'region' | 'language', count: number): readonly Say[] {
  const codes = type === 'region' ? REGIONS : LANGUAGES;
  const chosen = Array.from(rng.permutation(codes.length).subarray(0, count), (i) => codes[i]!);
  return chosen.map((code) => (locale) => named(new Intl.DisplayNames(locale, { type }), code));
}

function named(names: Intl.DisplayNames, code: string): string {
  return names.of(code) ?? code;
}

/** From 0 on, of up to so many digits, each number of digits as often. */
function amountBelow(rng: Rng, digits: number): number {
  return rng.integer(10 ** (1 + rng.integer(digits)));
}

/** With none, one or two decimals. */
function decimal(rng: Rng): number {
  const scale = 10 ** rng.integer(3);
  return amountBelow(rng, 5) + rng.integer(scale) / scale;
}
