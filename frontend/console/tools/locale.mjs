// Checks the catalogues, and writes the type of their keys: `node console/tools/locale.mjs`, from frontend/.
// Every key stands in every language with the same {places} and the plural forms of that language, and is used.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const HOME = "console";
const LANGUAGES = ["en", "es", "pt", "fr", "de", "ar"];
const complaints = [];

const read = (language, file) => JSON.parse(readFileSync(join(HOME, "locale", language, file), "utf8"));
const files = readdirSync(join(HOME, "locale", "en")).filter((name) => name.endsWith(".json"));
const places = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((one) => one[1]).sort().join(",");
const forms = (language) => {
  const rules = new Intl.PluralRules(language);
  return new Set(Array.from({ length: 130 }, (_, n) => rules.select(n)).concat("other"));
};

function compare(language, file, ours, theirs) {
  const where = `locale/${language}/${file}`;
  for (const key of Object.keys(theirs)) if (!(key in ours)) complaints.push(`${where}: ${key} is not in en`);
  for (const [key, text] of Object.entries(ours)) {
    const other = theirs[key];
    if (other === undefined || other === "") complaints.push(`${where}: ${key} is missing`);
    else if (typeof other !== typeof text) complaints.push(`${where}: ${key} has to have plural forms, as in en, or none`);
    else if (typeof text === "string") {
      if (places(text) !== places(other)) complaints.push(`${where}: ${key} has other {places} than en`);
    } else {
      for (const form of forms(language)) if (!other[form]) complaints.push(`${where}: ${key} lacks the form ${form}`);
      const allowed = places(text.other).split(",");
      for (const one of Object.values(other))
        for (const place of places(one).split(","))
          if (place && !allowed.includes(place)) complaints.push(`${where}: ${key} has a place {${place}} that en lacks`);
    }
  }
}

function sources(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((one) => {
    const path = join(folder, one.name);
    if (one.isDirectory()) return ["locale", "tools"].includes(one.name) ? [] : sources(path);
    return /\.tsx?$/.test(one.name) ? [readFileSync(path, "utf8")] : [];
  });
}

const code = sources(HOME).join("\n");
const prefixes = [...code.matchAll(/`([a-z_]+\.[\w.]*)\$\{/g)].map((one) => one[1]);
const used = (key) => code.includes(`"${key}"`) || prefixes.some((prefix) => key.startsWith(prefix));

const keys = [];
for (const file of files) {
  const space = file.replace(".json", "");
  const ours = read("en", file);
  for (const key of Object.keys(ours)) {
    keys.push(`${space}.${key}`);
    if (!used(`${space}.${key}`)) complaints.push(`locale/en/${file}: ${key} is used nowhere`);
  }
  for (const language of LANGUAGES) {
    try {
      compare(language, file, ours, read(language, file));
    } catch (error) {
      complaints.push(`locale/${language}/${file}: ${error.message}`);
    }
  }
}
mkdirSync(join(HOME, "made"), { recursive: true });
writeFileSync(join(HOME, "made", "keys.ts"), `export type Key =\n${keys.map((key) => `  | ${JSON.stringify(key)}`).join("\n")};\n`);
for (const one of complaints) console.error(one);
process.exitCode = complaints.length ? 1 : 0;
