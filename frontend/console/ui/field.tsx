/** Fields: a label above, a hint below, and what is wrong beside the field; what was typed stays. */
import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";
import { t } from "../i18n";
import { Icon } from "./icons";

interface Labelled {
  label: string;
  name?: string;
  hint?: ComponentChildren;
  error?: string;
  required?: boolean;
  disabled?: boolean;
  /** The label is read aloud only. */
  bare?: boolean;
}

export interface FieldProps extends Labelled {
  value: string;
  onInput: (value: string) => void;
  onBlur?: () => void;
  type?: "text" | "email" | "password" | "tel" | "url" | "number" | "date" | "time" | "datetime-local" | "search" | "color";
  autocomplete?: string;
  inputmode?: "numeric" | "decimal" | "email" | "tel" | "url" | "text";
  placeholder?: string;
  /** Rows of text instead of one line. */
  rows?: number;
  maxLength?: number;
  min?: string | number;
  max?: string | number;
  step?: string | number;
  dir?: "auto" | "ltr";
  autofocus?: boolean;
}

export function Field(props: FieldProps): JSX.Element {
  const { rows, onInput, type = "text", autofocus, label, hint, error, bare, required, ...rest } = props;
  const id = useId();
  const own = {
    ...rest,
    id,
    required,
    onInput: (event: Event) => onInput((event.currentTarget as HTMLInputElement).value),
    "aria-invalid": error ? ("true" as const) : undefined,
    "aria-describedby": described(id, hint, error),
    autoFocus: autofocus,
  };
  return (
    <Around {...props} id={id}>
      {rows ? <textarea dir="auto" {...own} rows={rows} /> : <input {...own} type={type} />}
    </Around>
  );
}

export interface SelectProps extends Labelled {
  value: string;
  options: readonly { value: string; label: string; disabled?: boolean }[];
  onChange: (value: string) => void;
}

export function Select(props: SelectProps): JSX.Element {
  const { options, onChange, value, name, hint, error, required, disabled } = props;
  const id = useId();
  return (
    <Around {...props} id={id}>
      <select
        id={id}
        name={name}
        required={required}
        disabled={disabled}
        aria-invalid={error ? "true" : undefined}
        aria-describedby={described(id, hint, error)}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        {options.map((one) => (
          <option key={one.value} value={one.value} disabled={one.disabled} selected={one.value === value}>
            {one.label}
          </option>
        ))}
      </select>
    </Around>
  );
}

function described(id: string, hint: ComponentChildren, error?: string): string | undefined {
  return [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ") || undefined;
}

function Around({ id, label, hint, error, bare, required, children }: Labelled & { id: string; children: ComponentChildren }): JSX.Element {
  return (
    <div class={error ? "field wrong" : "field"}>
      <label for={id} class={bare ? "unseen" : undefined}>
        {label}
        {required === false && <span class="muted"> {t("common.optional")}</span>}
      </label>
      {children}
      {error && (
        <p class="error" id={`${id}-error`}>
          <Icon name="alert" /> {error}
        </p>
      )}
      {hint && <p class="hint" id={`${id}-hint`}>{hint}</p>}
    </div>
  );
}

interface Toggle extends Omit<Labelled, "required" | "bare"> {
  checked: boolean;
  onChange: (checked: boolean) => void;
}

/** On or off, in force at once. */
export function Switch(props: Toggle): JSX.Element {
  return <Tick {...props} kind="switch" />;
}

/** A choice that a form sends. */
export function Checkbox(props: Toggle): JSX.Element {
  return <Tick {...props} kind="checkbox" />;
}

function Tick({ kind, label, name, hint, error, checked, disabled, onChange }: Toggle & { kind: "switch" | "checkbox" }): JSX.Element {
  const id = useId();
  return (
    <div class={`toggle ${kind}`}>
      <input
        id={id}
        name={name}
        type="checkbox"
        role={kind === "switch" ? "switch" : undefined}
        checked={checked}
        disabled={disabled}
        aria-invalid={error ? "true" : undefined}
        aria-describedby={described(id, hint, error)}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <label for={id}>{label}</label>
      {error && <p class="error" id={`${id}-error`}>{error}</p>}
      {hint && <p class="hint" id={`${id}-hint`}>{hint}</p>}
    </div>
  );
}
