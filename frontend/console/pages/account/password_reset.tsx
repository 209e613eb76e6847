import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { call } from "@/api/client";
import { t } from "@/i18n";
import { to } from "@/router";
import { Button, Field, Form, useForm } from "@/ui";
import { emailProblem, Outside } from "./frame";

/** Asks for a letter. The answer is the same whether the address is known or not. */
export default function ForgotPassword(): JSX.Element {
  const [sent, setSent] = useState("");
  const [noMail, setNoMail] = useState(false);
  const form = useForm({
    initial: { email: "" },
    check: ({ email }) => ({ email: emailProblem(email) }),
    submit: async ({ email }) => {
      const told = await call<{ status: string }>("POST", "/v1/password-reset", { body: { email: email.trim() } });
      setNoMail(told.status === "no_mail");
      setSent(email.trim());
    },
  });
  return (
    <Outside title={t("account.forgot.title")} lead={sent ? undefined : t("account.forgot.lead")} links={<a href={to("/sign-in")}>{t("account.sign_in.link")}</a>}>
      <p role="status">{sent && (noMail ? t("account.forgot.no_mail") : t("account.forgot.sent", { email: sent }))}</p>
      {sent && !noMail && <Button onClick={() => setSent("")}>{t("account.forgot.again")}</Button>}
      {!sent && (
        <Form form={form}>
          <Field label={t("account.email")} type="email" autocomplete="username" required dir="ltr" {...form.field("email")} />
          <Button kind="primary" type="submit" busy={form.busy}>{t("account.forgot.do")}</Button>
        </Form>
      )}
    </Outside>
  );
}
