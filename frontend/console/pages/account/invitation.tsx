import type { JSX } from "preact";
import { call } from "@/api/client";
import { useLoad } from "@/api/hooks";
import { t } from "@/i18n";
import { navigate, query, to } from "@/router";
import { loadMe, me, type Role } from "@/session";
import { Button, Field, Form, ProblemBox, Skeleton, useForm } from "@/ui";
import { Outside, passwordProblem, required } from "./frame";
import { PasswordField } from "./password_field";

interface Invitation {
  company_name: string | null;
  email: string;
  role: Role;
  /** Whether the address has an account already, whose password is asked instead of a new one. */
  has_account: boolean;
}

/** Where the link of an invitation leads: `/invitation?token=…`. */
export default function Accept(): JSX.Element {
  const token = query.value.get("token") ?? "";
  const found = useLoad((signal) => call<Invitation>("GET", "/v1/invitations/lookup", { query: { token }, signal }), token);
  if (found.problem) {
    return (
      <Outside title={t("account.invitation.title")} links={<a href={to("/sign-in")}>{t("account.sign_in.link")}</a>}>
        <ProblemBox problem={found.problem} />
      </Outside>
    );
  }
  if (!found.data) return <Outside title={t("account.invitation.title")}><Skeleton /></Outside>;
  return <Join token={token} invitation={found.data} />;
}

function Join({ token, invitation }: { token: string; invitation: Invitation }): JSX.Element {
  const isNew = !invitation.has_account;
  const asked = me.value?.person.email !== invitation.email;
  const form = useForm({
    initial: { name: "", password: "" },
    check: ({ name, password }) => ({
      name: isNew ? required(name) : undefined,
      password: isNew ? passwordProblem(password) : asked ? required(password) : undefined,
    }),
    submit: async (values, idempotencyKey) => {
      await call("POST", "/v1/invitations/accept", { body: { token, ...(asked && { password: values.password }), ...(isNew && { name: values.name }) }, idempotencyKey });
      navigate((await loadMe()) ? "/" : "/sign-in", { replace: true });
    },
  });
  const values = { company: invitation.company_name ?? "", email: invitation.email, role: t(`common.role.${invitation.role}`) };
  return (
    <Outside title={t("account.invitation.title")} lead={t("account.invitation.lead", values)}>
      <Form form={form}>
        {isNew && <Field label={t("account.name")} autocomplete="name" required maxLength={255} {...form.field("name")} />}
        {asked && (
          <PasswordField fresh={isNew} label={t("account.password")} hint={isNew ? undefined : t("account.invitation.known")} {...form.field("password")} />
        )}
        <Button kind="primary" type="submit" busy={form.busy}>{t("account.invitation.do")}</Button>
      </Form>
    </Outside>
  );
}
