/** Links that agents may send, and who followed them. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { call, type Schemas } from "@/api/client";
import { useList } from "@/api/hooks";
import { t } from "@/i18n";
import { to } from "@/router";
import { can } from "@/session";
import { Button, type Column, Confirm, Dialog, Empty, Field, Form, Icon, Listed, Menu, Select, Table, Time, toast, toastProblem, useForm } from "@/ui";
import { Fresh } from "./fresh";

type Link = Schemas["Link"];
const CTAS = ["pricing", "demo", "followup", "sample", "website"] as const;

export function Links(): JSX.Element {
  const list = useList("/v1/links", { query: { limit: 100 } });
  const [open, setOpen] = useState<Link | "new">();
  const [going, setGoing] = useState<Link>();
  const [shown, setShown] = useState<Link>();
  const writes = can("links:write");
  const remove = () =>
    call("DELETE", "/v1/links/{id}", { path: { id: going!.link_id } })
      .then(() => list.change((items) => items.filter((one) => one.link_id !== going!.link_id)))
      .catch(toastProblem);
  const done = () => (setOpen(undefined), void list.reload());
  const add = writes && <Button kind="primary" icon="plus" onClick={() => setOpen("new")}>{t("agents.links.add")}</Button>;
  const columns: Column<Link>[] = [
    { key: "name", label: t("agents.links.name"), render: (one) => <span dir="ltr">{one.name}</span> },
    { key: "url", label: t("agents.links.url"), render: (one) => <a dir="ltr" href={one.url} target="_blank" rel="noreferrer">{one.url}</a> },
    { key: "cta", label: t("agents.links.cta"), wide: true, render: (one) => (one.cta ? t(`agents.cta.${one.cta}`) : "–") },
    {
      key: "end", label: t("agents.actions"), end: true,
      render: (one) => (
        <Menu label={t("agents.more_of", { name: one.name })} button={<Icon name="more" />} look="icon-button" items={[
          { label: t("agents.links.sends"), icon: "eye", onSelect: () => setShown(one) },
          ...(writes ? [{ label: t("agents.edit"), icon: "edit" as const, onSelect: () => setOpen(one) }, { label: t("agents.remove"), icon: "trash" as const, danger: true, onSelect: () => setGoing(one) }] : []),
        ]} />
      ),
    },
  ];
  return (
    <div class="stack">
      {list.items.length > 0 && add && <div class="agents-bar">{add}</div>}
      <Listed list={list} empty={<Empty icon="link" title={t("agents.links.none")} action={add}>{t("agents.links.none_hint")}</Empty>}>
        {(items) => <div class="agents-roomy"><Table label={t("agents.tab.links")} columns={columns} rows={items} rowKey={(one) => one.link_id} /></div>}
      </Listed>
      <Dialog open={!!open} title={open === "new" ? t("agents.links.add") : t("agents.links.edit")} onClose={() => setOpen(undefined)}>
        {open === "new" ? <LinkForm onDone={done} /> : open && <Fresh path="/v1/links/{id}" id={open.link_id}>{(link, set) => <LinkForm link={link} onNewer={set} onDone={done} />}</Fresh>}
      </Dialog>
      <Dialog open={!!shown} title={t("agents.links.sends_of", { name: shown?.name ?? "" })} onClose={() => setShown(undefined)}>
        {shown && <Sends id={shown.link_id} />}
      </Dialog>
      <Confirm open={!!going} danger title={t("agents.links.remove_title", { name: going?.name ?? "" })} yes={t("agents.remove")} onYes={remove} onClose={() => setGoing(undefined)}>{t("agents.links.remove_text")}</Confirm>
    </div>
  );
}

const read = (link?: Link) => ({ name: link?.name ?? "", url: link?.url ?? "https://", cta: (link?.cta ?? "") as string });

function LinkForm({ link, onNewer, onDone }: { link?: Link; onNewer?: (link: Link) => void; onDone: () => void }): JSX.Element {
  const form = useForm({
    initial: read(link), from: read, onNewer,
    check: ({ name, url }) => ({
      name: /^[a-z0-9][a-z0-9_-]{0,59}$/.test(name) ? undefined : t("agents.links.name_wrong"),
      url: URL.canParse(url) ? undefined : t("agents.links.url_wrong"),
    }),
    submit: async ({ name, url, cta }, idempotencyKey) => {
      const body = { name, url, cta: cta || null };
      if (link) await call("PATCH", "/v1/links/{id}", { path: { id: link.link_id }, body });
      else await call("POST", "/v1/links", { body, idempotencyKey });
      toast(t("agents.saved"));
      onDone();
    },
  });
  return (
    <Form form={form}>
      <Field label={t("agents.links.name")} hint={t("agents.links.name_hint")} dir="ltr" maxLength={60} {...form.field("name")} />
      <Field label={t("agents.links.url")} type="url" dir="ltr" maxLength={2000} {...form.field("url")} />
      <Select label={t("agents.links.cta")} hint={t("agents.links.cta_hint")} options={[{ value: "", label: t("agents.links.no_cta") }, ...CTAS.map((value) => ({ value: value as string, label: t(`agents.cta.${value}`) }))]} {...form.select("cta")} />
      <Button kind="primary" type="submit" busy={form.busy}>{t("agents.save")}</Button>
    </Form>
  );
}

function Sends({ id }: { id: string }): JSX.Element {
  const list = useList("/v1/links/{id}/sends", { path: { id } });
  return (
    <Listed list={list} empty={<p class="muted">{t("agents.links.never_sent")}</p>}>
      {(items) => (
        <ul class="agents-sends">
          {items.map((one) => (
            <li key={one.token}>
              <a href={to(`/inbox/${one.conversation_id}`)}><Time at={one.created_at} kind="date" /></a>
              <span class="muted">{t("agents.links.clicks", { count: one.clicks })}</span>
            </li>
          ))}
        </ul>
      )}
    </Listed>
  );
}
