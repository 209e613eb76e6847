import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { call } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import { afterSignIn } from "@/app";
import { t } from "@/i18n";
import { navigate, to } from "@/router";
import { loadMe, me } from "@/session";
import { Button, Field, Form, useForm, wrong } from "@/ui";
import { emailProblem, Outside, required } from "./frame";
import { LetterAgain } from "./letter_again";
import { PasswordField } from "./password_field";

/** E-mail and password; a code too, for who has an authenticator. */
export default function SignIn(): JSX.Element {
  const [asksCode, setAsksCode] = useState(false);
  const [refused, setRefused] = useState("");
  useEffect(() => {
    if (me.value) navigate(afterSignIn(), { replace: true });
  }, []);
  const form = useForm({
    initial: { email: "", password: "", code: "" },
    check: ({ email, password, code }) => ({
      email: emailProblem(email),
      password: required(password),
      code: asksCode ? required(code) : undefined,
    }),
    submit: async ({ email, password, code }) => {
      try {
        await call("POST", "/v1/sign-in", { body: { email: email.trim(), password, ...(asksCode && { code: code.replace(/\s/g, "") }) } });
      } catch (error) {
        if (!(error instanceof ApiProblem) || error.status !== 401) throw error;
        if (error.more.totp_required && !asksCode) return setAsksCode(true);
        setRefused(error.more.verify_letter ? email.trim() : "");
        throw wrong(error.more.totp_required ? { code: t("account.code.wrong") } : { password: t("account.sign_in.wrong") });
      }
      await loadMe();
      navigate(afterSignIn(), { replace: true });
    },
  });
  return (
    <Outside
      title={t("account.sign_in.title")}
      links={
        <>
          <a href={to("/password-reset")}>{t("account.forgot.link")}</a>
          <a href={to("/sign-up")}>{t("account.sign_up.link")}</a>
        </>
      }
    >
      <Form form={form}>
        <Field label={t("account.email")} type="email" autocomplete="username" required dir="ltr" {...form.field("email")} />
        <PasswordField label={t("account.password")} {...form.field("password")} />
        {asksCode && (
          <Field label={t("account.code")} hint={t("account.code.hint")} inputmode="numeric" autocomplete="one-time-code" required dir="ltr" autofocus {...form.field("code")} />
        )}
        <Button kind="primary" type="submit" busy={form.busy}>{t("account.sign_in.do")}</Button>
      </Form>
      {refused && (
        <div class="outside-letter">
          <p>{t("account.letter.why")}</p>
          <LetterAgain key={refused} email={refused} />
        </div>
      )}
    </Outside>
  );
}
