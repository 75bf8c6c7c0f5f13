// Fluent's themes as CSS variables, on standard output: light, and what differs in the dark.
import { webDarkTheme, webLightTheme } from "@fluentui/tokens";

const rules = (theme) => Object.entries(theme).map(([name, value]) => `--${name}:${value}`).join(";");
const dark = Object.fromEntries(Object.entries(webDarkTheme).filter(([name, value]) => webLightTheme[name] !== value));

console.log(`:root{${rules(webLightTheme)}}`);
console.log(`@media (prefers-color-scheme:dark){:root{${rules(dark)}}}`);
