// Writes the types of the API's client from docs/openapi.json: `node openapi.mjs <document> <out.ts>`.
import { readFileSync, writeFileSync } from "node:fs";

const [from, to] = process.argv.slice(2);
const api = JSON.parse(readFileSync(from, "utf8"));
const METHODS = ["get", "post", "put", "patch", "delete"];
const name = (ref) => ref.split("/").pop().replace(/\W/g, "_");
const quoted = (text) => JSON.stringify(text);

function type(schema) {
  if (!schema || Object.keys(schema).length === 0) return "unknown";
  if (schema.$ref) return `Schemas[${quoted(name(schema.$ref))}]`;
  if (schema.const !== undefined) return quoted(schema.const);
  if (schema.enum) return schema.enum.map(quoted).join(" | ");
  for (const word of ["anyOf", "oneOf"]) if (schema[word]) return either(schema[word]);
  if (schema.allOf) return schema.allOf.map(type).join(" & ");
  if (Array.isArray(schema.type)) return either(schema.type.map((one) => ({ ...schema, type: one })));
  if (schema.type === "integer") return "number";
  if (["number", "boolean", "null"].includes(schema.type)) return schema.type;
  if (schema.type === "string") return schema.format === "binary" ? "Blob" : "string";
  if (schema.type === "array") {
    if (schema.prefixItems) return `[${schema.prefixItems.map(type).join(", ")}]`;
    return `Array<${type(schema.items)}>`;
  }
  return object(schema);
}

const either = (all) => `(${[...new Set(all.map(type))].join(" | ")})`;

// What is answered has every field, and what is sent may leave out those with a default: `required` says which is which.
function object(schema) {
  const rest = schema.additionalProperties;
  const open = rest && typeof rest === "object" ? type(rest) : "unknown";
  if (!schema.properties) return `Record<string, ${open}>`;
  const needed = new Set(schema.required ?? []);
  const fields = Object.entries(schema.properties).map(
    ([key, value]) => `${quoted(key)}${needed.has(key) ? "" : "?"}: ${type(value)};`,
  );
  return `{ ${fields.join(" ")} }`;
}

function parameters(operation, place) {
  const all = (operation.parameters ?? []).filter((one) => one.in === place);
  const text = all.map((one) => `${quoted(one.name)}${one.required ? "" : "?"}: ${type(one.schema)};`);
  return text.length ? `{ ${text.join(" ")} }` : "undefined";
}

function answer(operation) {
  const status = Object.keys(operation.responses).find((one) => one.startsWith("2"));
  const content = status && operation.responses[status].content;
  if (!content) return "undefined";
  return content["application/json"] ? type(content["application/json"].schema) : "Blob";
}

function body(operation) {
  const content = operation.requestBody?.content;
  if (!content) return "undefined";
  return content["application/json"] ? type(content["application/json"].schema) : "Blob | ArrayBuffer";
}

const lines = ["// Made from docs/openapi.json by tools/openapi.mjs at each build.", "export interface Schemas {"];
for (const [key, schema] of Object.entries(api.components.schemas)) {
  lines.push(`  ${quoted(name(key))}: ${type(schema)};`);
}
lines.push("}", "");
for (const method of METHODS) {
  lines.push(`export interface ${method[0].toUpperCase()}${method.slice(1)} {`);
  for (const [path, operations] of Object.entries(api.paths)) {
    const one = operations[method];
    if (!one) continue;
    const shape = { path: parameters(one, "path"), query: parameters(one, "query"), body: body(one), answer: answer(one) };
    lines.push(`  ${quoted(path)}: { ${Object.entries(shape).map(([key, text]) => `${key}: ${text};`).join(" ")} };`);
  }
  lines.push("}", "");
}
writeFileSync(to, lines.join("\n"));
