/** The letter that confirms an address, once more. The answer is the same whoever has the address. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { post } from "@/api/client";
import { t } from "@/i18n";
import { Button, Field, Form, useForm } from "@/ui";
import { emailProblem } from "./frame";

/** `email` where it is known; else it is asked for. */
export function LetterAgain({ email = "" }: { email?: string }): JSX.Element {
  const [told, setTold] = useState("");
  const form = useForm({
    initial: { email },
    check: (values) => (email ? {} : { email: emailProblem(values.email) }),
    submit: async (values) => {
      const to = (email || values.email).trim();
      const { status } = await post("/v1/verify-email/letter", { body: { email: to } });
      setTold(status === "no_mail" ? t("account.letter.no_mail") : t("account.letter.sent", { email: to }));
    },
  });
  return (
    <Form form={form} label={t("account.letter.again")}>
      {!email && <Field label={t("account.email")} type="email" autocomplete="username" required dir="ltr" {...form.field("email")} />}
      <p role="status" dir="auto">{told}</p>
      <div><Button type="submit" busy={form.busy}>{t("account.letter.again")}</Button></div>
    </Form>
  );
}
