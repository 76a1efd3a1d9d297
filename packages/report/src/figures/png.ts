import { createRequire } from "node:module";
import { Resvg } from "@resvg/resvg-js";

const require = createRequire(import.meta.url);

/**
 * Renders a standalone SVG to PNG in DejaVu Sans, whatever fonts the system has.
 *
 * @param scale pixels per pixel of the SVG
 */
export function png(svg: string, scale = 2): Uint8Array {
  const font = (file: string) => require.resolve(`dejavu-fonts-ttf/ttf/${file}.ttf`);
  return new Resvg(svg, {
    fitTo: { mode: "zoom", value: scale },
    font: {
      loadSystemFonts: false,
      fontFiles: [font("DejaVuSans"), font("DejaVuSans-Bold")],
      defaultFontFamily: "DejaVu Sans",
    },
  })
    .render()
    .asPng();
}
