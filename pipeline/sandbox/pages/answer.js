// The form works without a script; this one only keeps the count of letters.
import { about, keepFresh } from "/static/common.js";

keepFresh(about, () => {}, 5000);
