// Sentences of scripts come translated in the page; the key is the English sentence, as everywhere.
const said: Record<string, string> = JSON.parse(document.getElementById("words")?.textContent ?? "{}");

export const word = (sentence: string, places: Record<string, string | number> = {}): string =>
  (said[sentence] ?? sentence).replace(/%\((\w+)\)s/g, (whole, name: string) => String(places[name] ?? whole));
