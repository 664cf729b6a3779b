// Documents in, one JSON line each; their expanded form and canonical quads out. Nothing is fetched: contexts come with
// the first line. Argument: the folder where the library is installed.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const jsonld = createRequire(`${process.argv[2]}/package.json`)("jsonld");

let contexts = null;

async function documentLoader(url) {
  if (!(url in contexts)) throw new Error(`no such context: ${url}`);
  return { contextUrl: null, documentUrl: url, document: contexts[url] };
}

async function read(document) {
  // the safe way: what would be dropped, or is relative, is an error
  const options = { documentLoader, safe: true, base: null };
  try {
    const expanded = await jsonld.expand(document, options);
    const quads = await jsonld.canonize(document, { ...options, algorithm: "URDNA2015", format: "application/n-quads" });
    return { expanded, quads, error: null };
  } catch (problem) {
    const event = problem.details?.event;
    return { expanded: null, quads: null, error: event ? `${event.code}: ${JSON.stringify(event.details)}` : String(problem) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const given = JSON.parse(line);
  if (contexts === null) contexts = given;
  else console.log(JSON.stringify(await read(given)));
}
