/** Invitations: sent by letter, or handed over as a link that is shown once. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { del, post, type Schemas } from "@/api/client";
import { useList } from "@/api/hooks";
import { t } from "@/i18n";
import { can } from "@/session";
import { Button, Card, type Column, Copy, Empty, Field, Form, Listed, Select, Table, Time, toastProblem, useForm } from "@/ui";
import { ROLES } from "./members";

type Invitation = Schemas["Invitation"];

export function Invitations(): JSX.Element {
  const list = useList("/v1/invitations", { query: { limit: 100 } });
  const [made, setMade] = useState<Schemas["NewInvitation"]>();
  const takeBack = async (one: Invitation) => {
    await del("/v1/invitations/{id}", { path: { id: one.invitation_id } }).catch(toastProblem);
    if (made?.invitation_id === one.invitation_id) setMade(undefined);
    await list.reload();
  };
  return (
    <div class="stack">
      {can("members:write") && <Invite onMade={(one) => (setMade(one), void list.reload())} />}
      {made && (
        <div class="team-made" role="status">
          <p>{made.mailed ? t("team.mailed", { email: made.email }) : t("team.not_mailed", { email: made.email })}</p>
          <Copy label={t("team.link")} value={made.link} />
        </div>
      )}
      <Listed list={list} empty={<Empty icon="team" title={t("team.none_invited")}>{t("team.none_invited_hint")}</Empty>}>
        {(items) => <Table label={t("team.tab.invitations")} columns={columns(takeBack)} rows={items} rowKey={(one: Invitation) => one.invitation_id} />}
      </Listed>
    </div>
  );
}

function Invite({ onMade }: { onMade: (one: Schemas["NewInvitation"]) => void }): JSX.Element {
  const form = useForm({
    initial: { email: "", role: "sales_rep" },
    submit: async ({ email, role }, idempotencyKey) => {
      onMade(await post("/v1/invitations", { body: { email, role: role as Invitation["role"] }, idempotencyKey }));
      form.reset({ email: "", role });
    },
  });
  return (
    <Card title={t("team.invite_title")}>
      <Form form={form} label={t("team.invite_title")}>
        <div class="team-invite">
          <Field label={t("team.email")} type="email" autocomplete="off" {...form.field("email")} />
          <Select label={t("team.role")} options={ROLES.map((role) => ({ value: role, label: t(`common.role.${role}`) }))} {...form.select("role")} />
          <Button kind="primary" type="submit" busy={form.busy}>{t("team.invite")}</Button>
        </div>
      </Form>
    </Card>
  );
}

function columns(takeBack: (one: Invitation) => Promise<void>): Column<Invitation>[] {
  const shown: Column<Invitation>[] = [
    { key: "email", label: t("team.email"), render: (one) => <span dir="ltr">{one.email}</span> },
    { key: "role", label: t("team.role"), render: (one) => t(`common.role.${one.role}`) },
    { key: "until", label: t("team.valid_until"), wide: true, render: (one) => <Time at={one.expires_at} /> },
  ];
  const end: Column<Invitation> = {
    key: "end", label: t("team.take_back"), end: true,
    render: (one) => <Button small kind="quiet" onClick={() => void takeBack(one)} aria-label={t("team.take_back_of", { email: one.email })}>{t("team.take_back")}</Button>,
  };
  return can("members:write") ? [...shown, end] : shown;
}
