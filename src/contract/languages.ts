/** Languages that whisper recognizes, by code. The codes are ISO 639-1 if the language has one. */
export const LANGUAGES: Readonly<Record<string, string>> = Object.fromEntries(
  (
    'en english;zh chinese;de german;es spanish;ru russian;ko korean;fr french;ja japanese;pt portuguese;tr turkish;' +
    'pl polish;ca catalan;nl dutch;ar arabic;sv swedish;it italian;id indonesian;hi hindi;fi finnish;vi vietnamese;' +
    'he hebrew;uk ukrainian;el greek;ms malay;cs czech;ro romanian;da danish;hu hungarian;ta tamil;no norwegian;' +
    'th thai;ur urdu;hr croatian;bg bulgarian;lt lithuanian;la latin;mi maori;ml malayalam;cy welsh;sk slovak;' +
    'te telugu;fa persian;lv latvian;bn bengali;sr serbian;az azerbaijani;sl slovenian;kn kannada;et estonian;' +
    'mk macedonian;br breton;eu basque;is icelandic;hy armenian;ne nepali;mn mongolian;bs bosnian;kk kazakh;' +
    'sq albanian;sw swahili;gl galician;mr marathi;pa punjabi;si sinhala;km khmer;sn shona;yo yoruba;so somali;' +
    'af afrikaans;oc occitan;ka georgian;be belarusian;tg tajik;sd sindhi;gu gujarati;am amharic;yi yiddish;lo lao;' +
    'uz uzbek;fo faroese;ht haitian creole;ps pashto;tk turkmen;nn nynorsk;mt maltese;sa sanskrit;lb luxembourgish;' +
    'my myanmar;bo tibetan;tl tagalog;mg malagasy;as assamese;tt tatar;haw hawaiian;ln lingala;ha hausa;ba bashkir;' +
    'jw javanese;su sundanese;yue cantonese'
  )
    .split(';')
    .map((entry) => [entry.slice(0, entry.indexOf(' ')), entry.slice(entry.indexOf(' ') + 1)]),
);

/**
 * Returns the code of a language from a code with or without a region (`en-US`), or from an English name. Returns null if the language is
 * unknown.
 */
export function languageCode(text: string): string | null {
  const wanted = text.trim().toLowerCase().replaceAll('_', '-');
  const code = wanted.split('-')[0]!;
  if (Object.hasOwn(LANGUAGES, code)) return code;
  return Object.keys(LANGUAGES).find((one) => LANGUAGES[one] === wanted) ?? null;
}
