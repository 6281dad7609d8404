import { Checkbox, JsonInput, NativeSelect, NumberInput, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import type { JsonObject } from "@/model/json";
import type { FormField } from "@/model/schema";

type Props = {
  fields: readonly FormField[];
  values: JsonObject;
  onChange: (values: JsonObject) => void;
  /** What is wrong with a field, by its pointer: found here or told by the server. */
  mistakes: ReadonlyMap<string, string>;
  isOff: boolean;
};

/** Fields for the members of a JSON Schema. What it cannot ask for in a field of its own, it asks for as JSON. */
export function SchemaForm({ fields, values, onChange, mistakes, isOff }: Props) {
  return (
    <div style={{ display: "grid", gap: 12 }}>
      {fields.map((field) => (
        <Field
          key={field.name}
          field={field}
          value={values[field.name]}
          mistake={mistakes.get(field.pointer)}
          isOff={isOff}
          onChange={(value) => onChange({ ...values, [field.name]: value as JsonObject })}
        />
      ))}
    </div>
  );
}

type FieldProps = {
  field: FormField;
  value: unknown;
  mistake: string | undefined;
  isOff: boolean;
  onChange: (value: unknown) => void;
};

function Field({ field, value, mistake, isOff, onChange }: FieldProps) {
  const common = {
    label: field.label,
    description: field.help,
    withAsterisk: field.isRequired,
    error: mistake,
    disabled: isOff,
  };
  const shown = value === undefined || value === null ? "" : String(value);
  switch (field.kind) {
    case "choice":
      return (
        <NativeSelect
          {...common}
          value={String(field.choices.indexOf(value as never))}
          onChange={(event) => onChange(field.choices[Number(event.currentTarget.value)])}
          data={[
            { value: "-1", label: "–" },
            ...field.choices.map((each, at) => ({ value: String(at), label: String(each) })),
          ]}
        />
      );
    case "boolean":
      return (
        <Checkbox
          {...common}
          checked={value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case "number":
    case "integer":
      return (
        <NumberInput {...common} value={typeof value === "number" ? value : shown} onChange={onChange} />
      );
    case "long":
      return (
        <Textarea
          {...common}
          autosize
          minRows={3}
          value={shown}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    case "json":
      return <JsonField common={common} value={value} onChange={onChange} />;
    default:
      return (
        <TextInput {...common} value={shown} onChange={(event) => onChange(event.currentTarget.value)} />
      );
  }
}

type JsonFieldProps = { common: object; value: unknown; onChange: (value: unknown) => void };

function JsonField({ common, value, onChange }: JsonFieldProps) {
  const [typed, setTyped] = useState(value === undefined ? "" : JSON.stringify(value, null, 2));
  const change = (text: string) => {
    setTyped(text);
    try {
      onChange(text.trim() ? JSON.parse(text) : undefined);
    } catch {
      onChange(text);
    }
  };
  return <JsonInput {...common} value={typed} onChange={change} autosize minRows={3} spellCheck={false} />;
}
