/** The members: their role can be changed, and they can be kept out for a while or removed. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { del, patch, type Schemas } from "@/api/client";
import { useList } from "@/api/hooks";
import { t } from "@/i18n";
import { can, me, type Role } from "@/session";
import { Avatar, Badge, Confirm, Empty, Icon, Listed, Menu, type MenuItem, Select, Time, toast, toastProblem } from "@/ui";

type Member = Schemas["Member"];
export const ROLES: readonly Role[] = ["admin", "manager", "sales_rep", "marketing", "viewer"];

export function Members(): JSX.Element {
  const list = useList("/v1/members", { query: { limit: 200 } });
  const [leaving, setLeaving] = useState<Member>();
  const change = async (member: Member, body: Schemas["MemberChange"]) => {
    try {
      const changed = await patch("/v1/members/{id}", { path: { id: member.member_id }, body });
      list.change((items) => items.map((one) => (one.member_id === changed.member_id ? changed : one)));
      toast(t("team.saved"));
    } catch (error) {
      toastProblem(error);
      await list.reload();
    }
  };
  const remove = async () => {
    await del("/v1/members/{id}", { path: { id: leaving!.member_id } }).catch(toastProblem);
    await list.reload();
  };
  return (
    <>
      <Listed list={list} empty={<Empty icon="team" title={t("team.nobody")} />}>
        {(items) => (
          <ul class="team-list" aria-label={t("team.tab.members")}>
            {items.map((one) => <Item key={one.member_id} member={one} onChange={(body) => void change(one, body)} onRemove={() => setLeaving(one)} />)}
          </ul>
        )}
      </Listed>
      <Confirm open={!!leaving} title={t("team.remove_title", { name: leaving ? nameOf(leaving) : "" })} yes={t("team.remove")} danger onYes={remove} onClose={() => setLeaving(undefined)}>
        <p>{t("team.remove_what")}</p>
      </Confirm>
    </>
  );
}

const nameOf = (member: Member) => member.name || member.email;

function Item({ member, onChange, onRemove }: { member: Member; onChange: (body: Schemas["MemberChange"]) => void; onRemove: () => void }): JSX.Element {
  const own = member.member_id === me.value?.member?.member_id;
  const items: MenuItem[] = [
    member.suspended_at
      ? { label: t("team.let_in"), onSelect: () => onChange({ suspended: false }) }
      : { label: t("team.keep_out"), onSelect: () => onChange({ suspended: true }) },
    { label: t("team.remove"), danger: true, onSelect: onRemove },
  ];
  return (
    <li class="team-item">
      <Avatar name={nameOf(member)} />
      <div class="team-who">
        <strong dir="auto">{nameOf(member)}</strong> {own && <Badge tone="accent">{t("team.you")}</Badge>}
        <span class="muted" dir="ltr">{member.email}</span>
      </div>
      <div class="team-marks">
        {member.suspended_at && <Badge tone="danger">{t("team.kept_out")}</Badge>}
        {!member.email_verified && <Badge tone="warn">{t("team.unverified")}</Badge>}
        {member.totp_enabled ? <Badge tone="good">{t("team.two_factor")}</Badge> : <Badge>{t("team.no_two_factor")}</Badge>}
        <span class="muted">{t("team.since")} <Time at={member.created_at} /></span>
      </div>
      {can("members:write") ? (
        <>
          <Select bare label={t("team.role_of", { name: nameOf(member) })} value={member.role} options={ROLES.map((role) => ({ value: role, label: t(`common.role.${role}`) }))} onChange={(role) => onChange({ role: role as Role })} />
          <Menu label={t("team.more_of", { name: nameOf(member) })} look="icon-button" button={<Icon name="more" />} items={items} />
        </>
      ) : (
        <span class="team-role">{t(`common.role.${member.role}`)}</span>
      )}
    </li>
  );
}
