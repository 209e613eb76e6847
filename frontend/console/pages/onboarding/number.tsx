import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { t } from "@/i18n";
import { Button, Card, ChannelMark, toastProblem } from "@/ui";
import { NumberGuide } from "../health/guide";
import { NewNumber, type OurNumber } from "../health/new_number";
import type { StepProps } from "./index";
import { answerAll } from "./setup";

export function NumberStep({ setup, reload, next }: StepProps): JSX.Element {
  const { numbers, agents, business } = setup;
  const [adding, setAdding] = useState(!numbers.length);
  const made = async (number: OurNumber) => {
    await answerAll({ numbers: [...numbers, number], agents }).catch(toastProblem);
    await reload();
    setAdding(false);
  };
  return (
    <div class="stack">
      {numbers.map((one) => (
        <section key={one.id} class="card" aria-label={`${t(`common.channel.${one.platform}`)} ${one.display_name ?? one.meta_phone_number_id}`}>
          <header>
            <h2 class="health-name"><ChannelMark platform={one.platform} named /> <span dir="auto">{one.display_name}</span></h2>
          </header>
          {one.platform === "webchat" && <p>{t("onboarding.webchat_ready")}</p>}
          <NumberGuide id={one.id} />
        </section>
      ))}
      {adding ? <Card title={numbers.length ? t("onboarding.another") : undefined}><NewNumber name={business.company_name ?? ""} website={business.website ?? ""} onMade={(number) => void made(number)} /></Card>
        : <Button icon="plus" onClick={() => setAdding(true)}>{t("onboarding.another")}</Button>}
      {numbers.length > 0 && <div><Button kind="primary" onClick={next}>{t("onboarding.go_on")}</Button></div>}
    </div>
  );
}
