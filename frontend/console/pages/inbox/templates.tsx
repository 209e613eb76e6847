/** The approved templates of a number: choose one, fill in its places, see what it will say, send it. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Schemas } from "@/api/client";
import { useOne } from "@/api/hooks";
import { loadTexts, t } from "@/i18n";
import { Badge, Button, Dialog, Empty, Field, ProblemBox, Skeleton } from "@/ui";
import { worded } from "../health/says";

type Template = Schemas["MessageTemplate"];
type Body = Schemas["NewMessage"];

interface TemplateProps {
  number: string;
  customer: string;
  onSend: (body: Body, label?: string) => void;
  onClose: () => void;
}

export function TemplateDialog({ number, customer, onSend, onClose }: TemplateProps): JSX.Element {
  const found = useOne("/v1/numbers/{id}/templates", { path: { id: number } });
  const [chosen, setChosen] = useState<Template>();
  useEffect(() => void loadTexts("guide"), []); // what a provider says stands there
  const usable = found.data?.data.filter((one) => one.status === "APPROVED") ?? [];
  return (
    <Dialog open title={chosen ? t("inbox.template_of", { name: chosen.name }) : t("inbox.choose_template")} kind="wide" onClose={onClose}>
      {chosen ? (
        <Fill template={chosen} customer={customer} onBack={() => setChosen(undefined)} onSend={(body) => (onSend(body), onClose())} />
      ) : found.problem ? (
        <ProblemBox problem={worded(found.problem)} retry={() => void found.reload()} />
      ) : !found.data ? (
        <Skeleton lines={5} />
      ) : !usable.length ? (
        <Empty icon="copy" title={t("inbox.no_templates")}>{t("inbox.no_templates_hint")}</Empty>
      ) : (
        <ul class="inbox-templates">
          {usable.map((one) => (
            <li key={`${one.name} ${one.language}`}>
              <button type="button" onClick={() => setChosen(one)}>
                <span class="row spread"><strong>{one.name}</strong> <Badge>{one.language}</Badge></span>
                <span dir="auto">{one.body}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}

/** The places of a text, `{{1}}` or `{{name}}`, in their order, each once. */
export const placesOf = (text: string): string[] => [...new Set([...text.matchAll(/\{\{\s*([\w.]+)\s*\}\}/g)].map((one) => one[1]!))];

const filled = (text: string, values: Record<string, string>) => text.replace(/\{\{\s*([\w.]+)\s*\}\}/g, (whole, name: string) => values[name]?.trim() || whole);

function parameters(text: string, values: Record<string, string>): object[] {
  return placesOf(text).map((name) => ({ type: "text", text: values[name]?.trim() ?? "", ...(/^\d+$/.test(name) ? {} : { parameter_name: name }) }));
}

function Fill({ template, customer, onBack, onSend }: { template: Template; customer: string; onBack: () => void; onSend: (body: Body) => void }): JSX.Element {
  const header = placesOf(template.header);
  const body = placesOf(template.body);
  const [heads, setHeads] = useState<Record<string, string>>({});
  const [values, setValues] = useState<Record<string, string>>(() => (body[0] ? { [body[0]]: customer.startsWith("+") ? "" : customer.split(" ")[0]! } : {}));
  const [tried, setTried] = useState(false);
  const missing = (name: string, of: Record<string, string>) => (tried && !of[name]?.trim() ? t("inbox.place_missing") : undefined);
  const text = [filled(template.header, heads), filled(template.body, values), template.footer].filter(Boolean).join("\n\n");
  const send = () => {
    setTried(true);
    if ([...header.map((one) => heads[one]), ...body.map((one) => values[one])].some((one) => !one?.trim())) return;
    const components = [
      ...(header.length ? [{ type: "header", parameters: parameters(template.header, heads) }] : []),
      ...(body.length ? [{ type: "body", parameters: parameters(template.body, values) }] : []),
    ];
    onSend({ kind: "template", text, data: { name: template.name, language: template.language, components } });
  };
  const label = (name: string) => (/^\d+$/.test(name) ? t("inbox.place", { number: Number(name) }) : name);
  return (
    <form class="form inbox-fill" onSubmit={(event) => (event.preventDefault(), send())}>
      {header.map((name) => <Field key={`h ${name}`} label={label(name)} value={heads[name] ?? ""} error={missing(name, heads)} onInput={(value) => setHeads({ ...heads, [name]: value })} dir="auto" />)}
      {body.map((name) => <Field key={name} label={label(name)} value={values[name] ?? ""} error={missing(name, values)} onInput={(value) => setValues({ ...values, [name]: value })} dir="auto" />)}
      <div>
        <p class="small muted">{t("inbox.preview")}</p>
        <p class="inbox-bubble inbox-text" dir="auto">{text}</p>
      </div>
      {template.needs && <p class="error">{t("inbox.template_unfit")}</p>}
      <div class="actions">
        <Button kind="primary" type="submit" icon="send" disabled={Boolean(template.needs)}>{t("inbox.send")}</Button>
        <Button onClick={onBack}>{t("inbox.other_template")}</Button>
      </div>
    </form>
  );
}
