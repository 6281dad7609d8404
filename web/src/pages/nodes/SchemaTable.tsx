import { brief, isObject } from "@/model/json";
import { en } from "@/text/en";
import classes from "./Nodes.module.css";

/** The members of a JSON Schema's object, as a table. */
export function SchemaTable({ schema }: { schema: unknown }) {
  const properties =
    isObject(schema) && isObject(schema["properties"]) ? Object.entries(schema["properties"]) : [];
  const required = isObject(schema) && Array.isArray(schema["required"]) ? schema["required"] : [];
  if (!properties.length)
    return (
      <p className={classes.quiet}>
        {isObject(schema) && schema["type"] ? typeOf(schema) : en.nodes.anything}
      </p>
    );
  return (
    <div className={classes.scroll}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">{en.nodes.property}</th>
            <th scope="col">{en.nodes.type}</th>
            <th scope="col">{en.nodes.meaning}</th>
          </tr>
        </thead>
        <tbody>
          {properties.map(([name, property]) => (
            <tr key={name}>
              <th scope="row">
                <code>{name}</code> {required.includes(name) ? <em>{en.nodes.required}</em> : null}
              </th>
              <td>{typeOf(property)}</td>
              <td>
                {isObject(property) && typeof property["description"] === "string"
                  ? property["description"]
                  : ""}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function typeOf(schema: unknown): string {
  if (!isObject(schema)) return "";
  const { type, anyOf, $ref, items } = schema;
  const choices = schema["enum"];
  if (Array.isArray(choices)) return choices.map((each) => brief(each, 30)).join(" | ");
  if (Array.isArray(anyOf)) return [...new Set(anyOf.map(typeOf))].join(" | ");
  if (typeof $ref === "string") return $ref.split("/").pop() ?? "";
  if (type === "array") return `list of ${typeOf(items) || "values"}`;
  return Array.isArray(type) ? type.join(" | ") : typeof type === "string" ? type : "";
}
