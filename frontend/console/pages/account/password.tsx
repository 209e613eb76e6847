import type { JSX } from "preact";
import { call } from "@/api/client";
import { t } from "@/i18n";
import { navigate, query } from "@/router";
import { loadMe } from "@/session";
import { Button, Form, toast, useForm } from "@/ui";
import { Outside, passwordProblem } from "./frame";
import { PasswordField } from "./password_field";

/** Where the link of the letter leads: `/password?token=…`. */
export default function ResetPassword(): JSX.Element {
  const form = useForm({
    initial: { password: "" },
    check: ({ password }) => ({ password: passwordProblem(password) }),
    submit: async ({ password }) => {
      await call("POST", "/v1/password", { body: { token: query.value.get("token") ?? "", password } });
      toast(t("account.reset.done"));
      navigate((await loadMe()) ? "/" : "/sign-in", { replace: true });
    },
  });
  return (
    <Outside title={t("account.reset.title")}>
      <Form form={form}>
        <PasswordField fresh label={t("account.password.new")} {...form.field("password")} />
        <Button kind="primary" type="submit" busy={form.busy}>{t("account.reset.do")}</Button>
      </Form>
    </Outside>
  );
}
