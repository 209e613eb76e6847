/** One person: what is known, where he wrote, and what he may ask of the business. */
import type { JSX } from "preact";
import { patch, type Schemas } from "@/api/client";
import { useList, useOne } from "@/api/hooks";
import { formatNumber, t } from "@/i18n";
import { to } from "@/router";
import { can } from "@/session";
import { Badge, Button, Card, Field, Form, Page, ProblemBox, Select, Skeleton, Time, toast, useForm } from "@/ui";
import { nameOf, STAGES } from "./index";
import { Rights } from "./rights";

type Person = Schemas["Person"];

export function CustomerPage({ id }: { id: string }): JSX.Element {
  const one = useOne("/v1/contacts/{id}", { path: { id } });
  const back = { to: "/customers", label: t("customers.title") };
  if (!one.data) {
    return (
      <Page title={t("customers.one")} back={back}>
        {one.problem ? <ProblemBox problem={one.problem} retry={() => void one.reload()} /> : <Skeleton lines={6} />}
      </Page>
    );
  }
  const person = one.data;
  return (
    <Page title={nameOf(person)} back={back}>
      {person.merged_into && <p role="status">{t("customers.merged")} <a href={to(`/customers/${person.merged_into}`)}>{t("customers.show_kept")}</a></p>}
      <div class="customers-parts">
        <Card title={t("customers.about")}><About person={person} onSaved={one.set} /></Card>
        <Card title={t("customers.channels")}><Channels person={person} /></Card>
        {person.trend.length > 0 && <Card title={t("customers.scores")}><Scores person={person} /></Card>}
        {can("meetings:read") && person.customers.map((customer) => <Meetings key={customer.customer_id} customer={customer.customer_id} />)}
        {can("privacy:write") && <Card title={t("customers.rights")}><Rights person={person} /></Card>}
      </div>
    </Page>
  );
}

const TEXTS = ["name", "email", "phone", "company", "owner", "next_step"] as const;

const valuesOf = (person: Person) =>
  ({ ...Object.fromEntries(TEXTS.map((name) => [name, person[name] ?? ""])), stage: person.stage, tags: person.tags.join(", ") }) as Record<string, string>;

function About({ person, onSaved }: { person: Person; onSaved: (person: Person) => void }): JSX.Element {
  const initial = valuesOf(person);
  const form = useForm({
    initial,
    from: valuesOf,
    onNewer: onSaved,
    submit: async (values) => {
      const body: Record<string, unknown> = {};
      for (const [name, value] of Object.entries(values)) {
        if (value === initial[name]) continue;
        body[name] = name === "tags" ? value!.split(",").map((one) => one.trim()).filter(Boolean) : value || null;
      }
      if (!Object.keys(body).length) return;
      onSaved(await patch("/v1/contacts/{id}", { path: { id: person.contact_id }, body }));
      toast(t("customers.saved"));
    },
  });
  if (!can("contacts:write")) {
    return (
      <dl class="customers-facts">
        {TEXTS.filter((name) => person[name]).map((name) => <div key={name}><dt>{t(`customers.${name}`)}</dt><dd dir="auto">{person[name]}</dd></div>)}
      </dl>
    );
  }
  return (
    <Form form={form} label={t("customers.about")}>
      {TEXTS.map((name) => <Field key={name} label={t(`customers.${name}`)} dir="auto" hint={proof(person, name)} {...form.field(name)} />)}
      <Select label={t("customers.stage")} options={STAGES.map((value) => ({ value, label: t(`customers.stage.${value}`) }))} {...form.select("stage")} />
      <Field label={t("customers.tags")} hint={t("customers.tags_hint")} {...form.field("tags")} />
      <Button kind="primary" type="submit" busy={form.busy}>{t("customers.save")}</Button>
    </Form>
  );
}

/** The words that prove a value. */
function proof(person: Person, name: string): JSX.Element | undefined {
  const found = (person.evidence[name] ?? []).find((one) => typeof one["quote"] === "string" && one["quote"]);
  return found && <q dir="auto">{String(found["quote"])}</q>;
}

function Channels({ person }: { person: Person }): JSX.Element {
  return (
    <ul class="customers-list">
      {person.customers.map((one) => (
        <li key={one.customer_id} class="customers-channel">
          {one.name && <strong dir="auto">{one.name}</strong>}
          <span class="muted">{one.aliases.map((alias) => <span key={`${alias["kind"]} ${alias["value"]}`} dir="ltr">{alias["value"]}</span>)}</span>
          {can("conversations:read") && one.conversations.length > 0 && <span>{one.conversations.map((id, n) => <a key={id} href={to(`/inbox/${id}`)}>{t("customers.conversation", { n: n + 1 })}</a>)}</span>}
        </li>
      ))}
    </ul>
  );
}

function Scores({ person }: { person: Person }): JSX.Element {
  return (
    <ul class="customers-list">
      {[...person.trend].reverse().slice(0, 10).map((one) => (
        <li key={one.extraction_id}>
          <a href={to(`/leads/${one.extraction_id}`)}><Time at={one.extracted_at} /></a> {formatNumber(one.total_score ?? 0)} <Tag name={one.lead_status_tag} />
        </li>
      ))}
    </ul>
  );
}

const TONES = { Hot: "danger", Warm: "warn", Cold: "neutral" } as const;

function Tag({ name }: { name: string | null }): JSX.Element | null {
  if (name !== "Hot" && name !== "Warm" && name !== "Cold") return null;
  return <Badge tone={TONES[name]}>{t(`customers.tag.${name}`)}</Badge>;
}

function Meetings({ customer }: { customer: string }): JSX.Element | null {
  const list = useList("/v1/meetings", { query: { customer_id: customer, order: "desc", limit: 20 } });
  if (!list.items.length) return null;
  return (
    <Card title={t("customers.meetings")}>
      <ul class="customers-list">
        {list.items.map((one) => <li key={one.meeting_id}><a href={to(`/meetings/${one.meeting_id}`)} dir="auto">{one.title}</a> <Time at={one.meeting_time} /></li>)}
      </ul>
    </Card>
  );
}
