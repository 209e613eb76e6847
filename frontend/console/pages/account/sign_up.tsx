import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { call } from "@/api/client";
import { language, t } from "@/i18n";
import { navigate, to } from "@/router";
import { loadMe } from "@/session";
import { Button, Field, Form, useForm } from "@/ui";
import { emailProblem, Outside, passwordProblem, required } from "./frame";
import { LetterAgain } from "./letter_again";
import { PasswordField } from "./password_field";

/** A new business, and its first member. */
export default function SignUp(): JSX.Element {
  const [sent, setSent] = useState("");
  const form = useForm({
    initial: { company_name: "", name: "", email: "", password: "" },
    check: ({ company_name, name, email, password }) => ({
      company_name: required(company_name),
      name: required(name),
      email: emailProblem(email),
      password: passwordProblem(password),
    }),
    submit: async (values, idempotencyKey) => {
      const body = { ...values, email: values.email.trim(), language: language.value };
      const told = await call<{ status?: string }>("POST", "/v1/sign-up", { body, idempotencyKey });
      if (told.status === "check_mail") return setSent(body.email);
      await loadMe();
      navigate("/", { replace: true });
    },
  });
  return (
    <Outside title={t("account.sign_up.title")} lead={t("account.sign_up.lead")} links={<a href={to("/sign-in")}>{t("account.sign_in.link")}</a>}>
      <p role="status">{sent && t("account.sign_up.sent", { email: sent })}</p>
      {sent && <div class="outside-letter"><LetterAgain email={sent} /></div>}
      {!sent && <Form form={form}>
        <Field label={t("account.company")} autocomplete="organization" required maxLength={200} {...form.field("company_name")} />
        <Field label={t("account.name")} autocomplete="name" required maxLength={200} {...form.field("name")} />
        <Field label={t("account.email")} type="email" autocomplete="username" required dir="ltr" {...form.field("email")} />
        <PasswordField fresh label={t("account.password")} {...form.field("password")} />
        <Button kind="primary" type="submit" busy={form.busy}>{t("account.sign_up.do")}</Button>
      </Form>}
    </Outside>
  );
}
