/** A form that keeps what was typed, sends it once, and puts each complaint of the API beside its field. */
import type { ComponentChildren, JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { newKey } from "../api/client";
import { asProblem } from "../api/hooks";
import { ApiProblem } from "../api/problem";
import { asOf, moment, same, take as basedOn } from "../api/seen";
import { t } from "../i18n";
import { Button } from "./button";
import { problemText } from "./problem";
import { Icon } from "./icons";

type Errors<V> = Partial<Record<keyof V & string, string>>;

export interface FormState<V extends Record<string, unknown>> {
  values: V;
  errors: Errors<V>;
  /** What is wrong with no field in particular. */
  problem: ApiProblem | undefined;
  busy: boolean;
  changed: boolean;
  set: (change: Partial<V>) => void;
  setErrors: (errors: Errors<V>) => void;
  reset: (values: V) => void;
  submit: () => Promise<void>;
  /** After a save that came too late: takes what the record says now, and keeps what was typed. */
  renew: () => void;
  renews: boolean;
  /** For `<Field>`: `<Field label=… {...form.field("email")} />`. */
  field: (name: keyof V & string) => { name: string; value: string; error: string | undefined; onInput: (value: string) => void };
  /** For `<Select>`. */
  select: (name: keyof V & string) => { name: string; value: string; error: string | undefined; onChange: (value: string) => void };
  /** For `<Switch>` and `<Checkbox>`. */
  toggle: (name: keyof V & string) => { name: string; checked: boolean; error: string | undefined; onChange: (value: boolean) => void };
  box: { current: HTMLFormElement | null };
}

interface Plan<V> {
  initial: V;
  /** What is wrong before anything is sent. */
  check?: (values: V) => Errors<V>;
  /** Sends it; `idempotencyKey` is the same until it worked. What it throws is shown. */
  submit: (values: V, idempotencyKey: string) => Promise<void>;
  /** How fields are named by the API where it differs: `{ "body.email": "email" }`. */
  names?: Record<string, keyof V & string>;
  /** The values of a record, as `initial` has them: with it a save that came too late can take over what others saved. */
  from?: (record: never) => V;
  /** Gets that record, where a save needs more of it than the form has. */
  onNewer?: (record: never) => void;
}

export function useForm<V extends Record<string, unknown>>({ initial, check, submit, names = {}, from, onNewer }: Plan<V>): FormState<V> {
  const [values, setValues] = useState(initial);
  const [errors, setErrors] = useState<Errors<V>>({});
  const [problem, setProblem] = useState<ApiProblem>();
  const [busy, setBusy] = useState(false);
  const [changed, setChanged] = useState(false);
  const box = useRef<HTMLFormElement>(null);
  const key = useRef(newKey());
  const running = useRef(false);
  const began = useRef(initial);
  const opened = useRef<number>();
  opened.current ??= moment();
  const chosen = useRef(new Set<string>());

  const set = (change: Partial<V>) => {
    setValues((was) => ({ ...was, ...change }));
    setErrors((was) => ({ ...was, ...Object.fromEntries(Object.keys(change).map((name) => [name, undefined])) }));
    setChanged(true);
    key.current = newKey();
  };
  const fail = (found: Errors<V>) => {
    setErrors(found);
    requestAnimationFrame(() => box.current?.querySelector<HTMLElement>("[aria-invalid=true], .form-problem")?.focus());
  };
  const take = (error: unknown) => {
    const told = asProblem(error);
    const found: Errors<V> = {};
    for (const [name, text] of Object.entries(told.fields)) {
      const own = names[name] ?? name.split(".")[0]!;
      if (own in values) found[own as keyof V & string] = text;
    }
    setProblem(Object.keys(found).length && Object.keys(told.fields).length === Object.keys(found).length ? undefined : told);
    fail(found);
  };
  const run = async () => {
    if (running.current) return;
    const found = Object.fromEntries(Object.entries(check?.(values) ?? {}).filter(([, text]) => text)) as Errors<V>;
    setProblem(undefined);
    if (Object.keys(found).length) return fail(found);
    running.current = true;
    setBusy(true);
    try {
      await asOf(opened.current!, () => submit(values, key.current));
      key.current = newKey();
      began.current = values;
      opened.current = moment();
      setErrors({});
      setChanged(false);
    } catch (error) {
      take(error);
    } finally {
      running.current = false;
      setBusy(false);
    }
  };
  const renew = () => {
    const newer = problem?.newer;
    if (!newer) return;
    basedOn(newer);
    opened.current = moment();
    setProblem(undefined);
    if (!from) return void run();
    const now = from(newer.data as never);
    const { next, clash } = merged(values, began.current, now, chosen.current);
    onNewer?.(newer.data as never);
    began.current = now;
    setValues(next);
    fail(clash);
  };
  const of = (name: keyof V & string) => ({ name, error: errors[name] });
  const put = (name: string, value: unknown) => set({ [name]: value } as Partial<V>);
  return {
    values, errors, problem, busy, changed, set, setErrors: fail, submit: run, box, renew, renews: !!from,
    reset: (next) => ((began.current = next), (opened.current = moment()), setValues(next), setErrors({}), setProblem(undefined), setChanged(false)),
    field: (name) => ({ ...of(name), value: String(values[name] ?? ""), onInput: (value) => put(name, value) }),
    select: (name) => (chosen.current.add(name), { ...of(name), value: String(values[name] ?? ""), onChange: (value) => put(name, value) }),
    toggle: (name) => ({ ...of(name), checked: Boolean(values[name]), onChange: (value) => put(name, value) }),
  };
}

/** What was typed stays, the rest is as it is now; a word stands beside what both changed. A choice says no more than that. */
function merged<V extends Record<string, unknown>>(typed: V, before: V, now: V, chosen: Set<string>): { next: V; clash: Errors<V> } {
  const next: Record<string, unknown> = { ...typed };
  const clash: Errors<V> = {};
  for (const name of Object.keys(now) as (keyof V & string)[]) {
    if (same(typed[name], before[name])) next[name] = now[name];
    else if (!same(now[name], before[name]) && !same(now[name], typed[name])) {
      const text = typeof now[name] === "string" && !chosen.has(name) ? String(now[name]).slice(0, 200) : "";
      clash[name] = text ? t("common.newer.said", { value: text }) : t("common.newer.changed");
    }
  }
  return { next: next as V, clash };
}

/** To be thrown by `submit`: what is wrong with which field, in our own words. */
export function wrong(fields: Record<string, string>): ApiProblem {
  return new ApiProblem(422, { fields: Object.entries(fields).map(([field, problem]) => ({ field, problem })) });
}

/** The form itself. What is wrong with no field in particular stands on top. */
export function Form<V extends Record<string, unknown>>({ form, children, label }: { form: FormState<V>; children: ComponentChildren; label?: string }): JSX.Element {
  return (
    <form
      ref={form.box}
      class="form"
      noValidate
      aria-label={label}
      onSubmit={(event) => {
        event.preventDefault();
        void form.submit();
      }}
    >
      {form.problem && (
        <p class="form-problem" role="alert" tabIndex={-1}>
          <Icon name="alert" /> <span>{problemText(form.problem)}</span>
        </p>
      )}
      {form.problem?.newer && <div><Button small onClick={form.renew}>{t(form.renews ? "common.newer.load" : "common.newer.replace")}</Button></div>}
      {children}
    </form>
  );
}
