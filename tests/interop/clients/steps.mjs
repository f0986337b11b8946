// What the Node clients are told on standard input, and how they tell their errors.
import { readFileSync } from "node:fs";

export const told = () => JSON.parse(readFileSync(0, "utf8"));
export const tell = (errors) => console.log(JSON.stringify(errors));
