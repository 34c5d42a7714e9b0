/** `latchkey flows test --headed` sets it to 1 for the tests it starts: their browser is then shown. */
export const headedVariable = "LATCHKEY_FLOWS_TEST_HEADED";
