/** Small charts, with the same numbers as a table for who can't see them. */
import type { JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { formatNumber, t } from "../i18n";

interface Series {
  name: string;
  values: number[];
}

interface ChartProps {
  title: string;
  /** One label for each value, e.g. days. */
  labels: string[];
  series: Series[];
  kind?: "bar" | "line";
  format?: (value: number) => string;
}

const HEIGHT = 200;
const FOOT = 24;
const SIDE = 52;
const LABEL = 72; // the room that one label below takes

export function Chart({ title, labels, series, kind = "line", format = formatNumber }: ChartProps): JSX.Element {
  const id = useId();
  const [table, setTable] = useState(false);
  return (
    <figure class="chart">
      <figcaption id={id}>
        <span>{title}</span>
        <button type="button" class="button quiet small" aria-expanded={table} onClick={() => setTable(!table)}>
          {table ? t("common.chart.show_chart") : t("common.chart.show_table")}
        </button>
      </figcaption>
      {!table && (
        <>
          <Drawn labels={labels} series={series} kind={kind} format={format} id={id} />
          {series.length > 1 && (
            <ul class="legend">
              {series.map((one, at) => <li key={one.name} class={`series-${at}`}>{one.name}</li>)}
            </ul>
          )}
        </>
      )}
      <div class={table ? "table-box" : "unseen"}>
        <table class="table">
          <caption class="unseen">{title}</caption>
          <thead>
            <tr>
              <td />
              {series.map((one) => <th key={one.name} scope="col" class="end">{one.name}</th>)}
            </tr>
          </thead>
          <tbody>
            {labels.map((label, at) => (
              <tr key={label}>
                <th scope="row">{label}</th>
                {series.map((one) => <td key={one.name} class="end">{format(one.values[at] ?? 0)}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}

/** As wide as there is room, in pixels of the screen, so that the words in it have the size of words. */
function Drawn({ labels, series, kind, format, id }: Required<Omit<ChartProps, "title">> & { id: string }): JSX.Element {
  const box = useRef<SVGSVGElement>(null);
  const [width, setWidth] = useState(480);
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => setWidth(Math.max(200, Math.round(entry!.contentRect.width))));
    watch.observe(box.current!);
    return () => watch.disconnect();
  }, []);
  const top = nice(Math.max(...series.flatMap((one) => one.values)) || 1);
  const titles = (one: Series) => labels.map((label, n) => `${label}: ${format(one.values[n] ?? 0)}`);
  return (
    <svg ref={box} viewBox={`0 0 ${width} ${HEIGHT}`} height={HEIGHT} role="img" aria-labelledby={id}>
      <Grid width={width} top={top} labels={labels} format={format} />
      {series.map((one, at) => (kind === "bar" ? <Bars key={one.name} width={width} at={at} of={series.length} values={one.values} top={top} titles={titles(one)} /> : <Line key={one.name} width={width} at={at} values={one.values} top={top} />))}
    </svg>
  );
}

/** The next round number above. */
function nice(value: number): number {
  const size = 10 ** Math.floor(Math.log10(value));
  return (([1, 2, 2.5, 5, 10].find((one) => one * size >= value) ?? 10) * size);
}

const x = (at: number, count: number, width: number) => SIDE + ((at + 0.5) * (width - SIDE)) / Math.max(count, 1);
const y = (value: number, top: number) => 8 + (HEIGHT - FOOT - 8) * (1 - value / top);

function Grid({ width, top, labels, format }: { width: number; top: number; labels: string[]; format: (value: number) => string }): JSX.Element {
  const every = Math.ceil(labels.length / Math.max(2, Math.floor((width - SIDE) / LABEL)));
  return (
    <g class="grid">
      {[0, 0.5, 1].map((part) => (
        <g key={part}>
          <line x1={SIDE} x2={width} y1={y(top * part, top)} y2={y(top * part, top)} />
          <text x={SIDE - 6} y={y(top * part, top) + 4} text-anchor="end">{format(top * part)}</text>
        </g>
      ))}
      {labels.map((label, at) => at % every === 0 && <text key={label} x={x(at, labels.length, width)} y={HEIGHT - 6} text-anchor="middle">{label}</text>)}
    </g>
  );
}

function Line({ width, at, values, top }: { width: number; at: number; values: number[]; top: number }): JSX.Element {
  const points = values.map((value, n) => `${x(n, values.length, width).toFixed(1)},${y(value, top).toFixed(1)}`).join(" ");
  const last = values.length - 1;
  return (
    <g class={`series-${at}`}>
      <polyline points={points} />
      {last >= 0 && <circle cx={x(last, values.length, width)} cy={y(values[last]!, top)} r="3.5" />}
    </g>
  );
}

function Bars({ width, at, of, values, top, titles }: { width: number; at: number; of: number; values: number[]; top: number; titles: string[] }): JSX.Element {
  const room = ((width - SIDE) / Math.max(values.length, 1)) * 0.7;
  const thick = room / of;
  return (
    <g class={`series-${at}`}>
      {values.map((value, n) => (
        <rect key={n} x={x(n, values.length, width) - room / 2 + thick * at} width={Math.max(thick - 1, 1)} y={y(value, top)} height={Math.max(y(0, top) - y(value, top), 0)} rx="2">
          <title>{titles[n]}</title>
        </rect>
      ))}
    </g>
  );
}
