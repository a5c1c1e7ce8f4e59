/* Where keys are letters and not commands. */
const TYPING = "textarea, select, [contenteditable=true], [role=textbox], [role=combobox], [data-testid=stDataFrame],"
  + " input:not([type=range]):not([type=button]):not([type=checkbox]):not([type=radio])";
