/** The people behind the conversations, on whatever channel they wrote. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Schemas } from "@/api/client";
import { useList } from "@/api/hooks";
import { t } from "@/i18n";
import { query, setQuery } from "@/router";
import type { PageProps } from "@/routes";
import { Badge, type Column, Empty, Field, Listed, Page, Select, Table, Time } from "@/ui";
import { CustomerPage } from "./customer";
import "./customers.css";

type Contact = Schemas["Contact"];
export const STAGES = ["new", "contacted", "qualified", "meeting", "won", "lost"] as const;
const PAUSE_MS = 250;

export default function Customers({ rest }: PageProps): JSX.Element {
  return rest[0] ? <CustomerPage key={rest[0]} id={rest[0]} /> : <List key="list" />;
}

function List(): JSX.Element {
  const q = query.value.get("q") ?? "";
  const stage = query.value.get("stage") ?? "";
  const [text, setText] = useState(q);
  useEffect(() => {
    const timer = setTimeout(() => text.trim() !== q && setQuery({ q: text.trim() || null }), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const list = useList("/v1/contacts", { query: { q, stage, limit: 50 } });
  const stages = [{ value: "", label: t("customers.any") }, ...STAGES.map((value) => ({ value, label: t(`customers.stage.${value}`) }))];
  const found = q || stage;
  return (
    <Page title={t("customers.title")} lead={t("customers.lead")}>
      <div class="customers-filters" role="search">
        <Field label={t("customers.search")} type="search" value={text} onInput={setText} maxLength={100} />
        <Select label={t("customers.stage")} value={stage} options={stages} onChange={(value) => setQuery({ stage: value || null })} />
      </div>
      <Listed list={list} empty={<Empty icon="customer" title={found ? t("customers.not_found") : t("customers.none")}>{found ? t("customers.not_found_hint") : t("customers.none_hint")}</Empty>}>
        {(items) => <Table label={t("customers.title")} columns={columns()} rows={items} rowKey={(one: Contact) => one.contact_id} href={(one: Contact) => `/customers/${one.contact_id}`} />}
      </Listed>
    </Page>
  );
}

function columns(): Column<Contact>[] {
  return [
    { key: "name", label: t("customers.name"), render: (one) => <span dir="auto">{nameOf(one)}</span> },
    { key: "company", label: t("customers.company"), wide: true, render: (one) => <span dir="auto">{one.company}</span> },
    { key: "stage", label: t("customers.stage"), render: (one) => <Badge>{t(`customers.stage.${one.stage}`)}</Badge> },
    { key: "email", label: t("customers.email"), wide: true, render: (one) => <span dir="ltr">{one.email}</span> },
    { key: "phone", label: t("customers.phone"), wide: true, render: (one) => <span dir="ltr">{one.phone}</span> },
    { key: "when", label: t("customers.changed"), render: (one) => <Time at={one.updated_at} /> },
  ];
}

export function nameOf(one: Pick<Contact, "name" | "email" | "phone" | "company" | "contact_id">): string {
  return one.name || one.email || one.phone || one.company || t("customers.unnamed");
}
