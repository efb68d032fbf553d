/** Words that are one class here and another there. Each stands in every list that it belongs to. */
export const LEXICON: Readonly<Record<string, readonly string[]>> = {
  // Nouns, singular; the first ones are verbs, adjectives or auxiliaries elsewhere.
  N: words(
    'saw can light watch fish play duck match train plant will might cold back dog cat child farmer lamp board cup river door table neighbour teacher garden window letter key',
  ),
  Ns: words(
    'saws cans lights watches plays ducks matches trains plants dogs cats children farmers lamps boards cups rivers doors tables neighbours teachers gardens windows letters keys',
  ),
  // Verbs: base, third person, past.
  V: words('saw can light watch fish play duck match train plant back open paint move find carry clean hold sell'),
  Vs: words('saws cans lights watches plays matches trains plants backs opens paints moves finds carries cleans holds'),
  Vd: words('saw canned lit watched played matched trained planted backed opened painted moved found carried cleaned'),
  // Verbs without an object.
  I: words('sleep swim sing laugh work wait fish play duck run fall stay shine burn'),
  Is: words('sleeps swims sings laughs works waits plays runs falls stays shines burns'),
  Id: words('slept swam sang laughed worked waited fished played ducked ran fell stayed shone burned'),
  A: words('light cold open clean back old young small large green sharp empty heavy quiet bright new'),
  P: words('Anna Boris Clara David Emil Frida Mark Rose Will Paris London Vienna'),
  R: words('slowly quickly often today back well quietly again'),
  M: words('can will might must could should'),
  pron: words('I you we they'),
  prons: words('he she it'),
  obj: words('me you him her us them it'),
  T: words('know think say believe hope'),
  num: words('two three four seven ten'),
  in: words('in on under behind near with'),
};

/** The tag of each list, and of words that stand in patterns by themselves. */
export const TAGS: Readonly<Record<string, string>> = {
  N: 'NOUN',
  Ns: 'NOUN',
  V: 'VERB',
  Vs: 'VERB',
  Vd: 'VERB',
  I: 'VERB',
  Is: 'VERB',
  Id: 'VERB',
  A: 'ADJ',
  P: 'PROPN',
  R: 'ADV',
  M: 'AUX',
  pron: 'PRON',
  prons: 'PRON',
  obj: 'PRON',
  T: 'VERB',
  num: 'NUM',
  in: 'ADP',
};

/** How invented words of a list end, so that their characters tell what they are. */
export const ENDINGS: Readonly<Record<string, readonly string[]>> = {
  N: ['ness', 'tion', 'ment', 'er'],
  Ns: ['nesses', 'tions', 'ments', 'ers'],
  V: ['ize', 'ify'],
  Vs: ['izes', 'ifies'],
  Vd: ['ized', 'ified'],
  A: ['ful', 'ous', 'less'],
  P: ['ia', 'ovic', 'sson'],
  R: ['fully', 'ously', 'lessly'],
};

/**
 * Sentences: a name in capitals or of a list is filled from it, `word/TAG` stands as it is. Most can't be tagged from the left alone:
 * `that dog` and `that dogs`, `the light lamp` and `the light shines`, `Can she` and `Can the fish and sell it`.
 */
export const PATTERNS: readonly string[] = [
  'the/DET N Is R ./PUNCT',
  'the/DET A N Is ./PUNCT',
  'the/DET A Ns I R ./PUNCT',
  'the/DET N Vs the/DET N ./PUNCT',
  'the/DET N Vd the/DET A N ./PUNCT',
  'the/DET N of/ADP P Vd the/DET Ns ./PUNCT',
  'the/DET Ns V the/DET N in the/DET N ./PUNCT',
  'pron M V the/DET N ./PUNCT',
  'pron M V it/PRON R ./PUNCT',
  'pron V the/DET Ns and/CCONJ V the/DET Ns ./PUNCT',
  'pron Vd the/DET N in the/DET N ./PUNCT',
  'prons Vs the/DET Ns and/CCONJ Vs them/PRON ./PUNCT',
  'prons Vd that/DET N R ./PUNCT',
  'prons Vd that/PRON ./PUNCT',
  'P Vd the/DET A N of/ADP P ./PUNCT',
  'P Is in P ./PUNCT',
  // An order begins with a verb, as a noun or an adjective may begin a sentence.
  'V the/DET N and/CCONJ V it/PRON ./PUNCT',
  'V the/DET Ns R ,/PUNCT P !/PUNCT',
  'A Ns I R ./PUNCT',
  'A Ns V the/DET N ./PUNCT',
  'M the/DET N V the/DET Ns ?/PUNCT',
  'M the/DET Ns I ?/PUNCT',
  'M pron V that/DET N ?/PUNCT',
  'M that/DET N V the/DET Ns ?/PUNCT',
  // that: a determiner, a pronoun, a conjunction
  'that/DET N Is ./PUNCT',
  'that/DET N Vs the/DET N ./PUNCT',
  'that/PRON is/AUX the/DET N ./PUNCT',
  'that/DET N is/AUX A ./PUNCT',
  'that/PRON is/AUX A ./PUNCT',
  'that/SCONJ the/DET N Is is/AUX A ./PUNCT',
  'pron T that/SCONJ Ns I ./PUNCT',
  'pron T that/SCONJ A Ns I R ./PUNCT',
  'pron T that/SCONJ the/DET N Is ./PUNCT',
  'pron T that/DET N R ./PUNCT',
  'pron T that/DET A N ./PUNCT',
  'pron T that/PRON R ./PUNCT',
  'pron T that/SCONJ P Vd the/DET N ./PUNCT',
  'the/DET N that/PRON Is is/AUX A ./PUNCT',
  'the/DET N that/PRON pron V is/AUX A ./PUNCT',
  'the/DET Ns that/PRON I R are/AUX A ./PUNCT',
  // her and his: before a noun or alone
  'pron Vd her/PRON N ./PUNCT',
  'pron Vd obj R ./PUNCT',
  'num Ns V the/DET N ./PUNCT',
  'num A Ns I in the/DET N ./PUNCT',
  'there/PRON is/AUX a/DET A N in the/DET N ./PUNCT',
  'there/PRON is/AUX a/DET N in the/DET A N ./PUNCT',
  'the/DET N is/AUX A but/CCONJ the/DET N is/AUX A ./PUNCT',
  'the/DET A N in the/DET N is/AUX A ./PUNCT',
  'is/AUX the/DET N A ?/PUNCT',
  'is/AUX that/DET N A ?/PUNCT',
  'is/AUX that/PRON the/DET N ?/PUNCT',
  'pron do/AUX not/PART V the/DET Ns ./PUNCT',
  'prons wants/VERB to/PART V the/DET N ./PUNCT',
  'prons goes/VERB back/ADV to/ADP the/DET N ./PUNCT',
  'pron put/VERB the/DET N back/ADV in the/DET N ./PUNCT',
];

function words(text: string): readonly string[] {
  return text.split(' ');
}
