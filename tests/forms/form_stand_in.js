// A small stand-in for Google's FormApp: remembers what a script builds, and refuses what Google refuses.
const items = [];
const calls = {};
const log = [];

function item(type) {
  const made = { type, title: '', required: false, choices: [], other: false, validation: null, help: '' };
  const self = {
    made,
    setTitle(title) { if (typeof title !== 'string' || !title) throw new Error('title'); made.title = title; return self; },
    setRequired(required) { if (typeof required !== 'boolean') throw new Error('required'); made.required = required; return self; },
    setHelpText(text) { made.help = text; return self; },
    setValidation(validation) { made.validation = validation; return self; },
  };
  if (['choice', 'dropdown', 'checkboxes'].includes(type)) {
    self.setChoiceValues = (values) => {
      if (new Set(values).size !== values.length || values.length === 0) throw new Error('choices of ' + made.title);
      made.choices = values.map((text) => ({ text }));
      return self;
    };
  }
  if (['choice', 'dropdown'].includes(type)) {
    self.createChoice = (text, destination) => {
      if (destination === undefined) throw new Error('no page to go to from ' + text);
      return { text, goesTo: destination.made ? destination.made.title : destination };
    };
    self.setChoices = (choices) => { made.choices = choices; return self; };
  }
  if (['choice', 'checkboxes'].includes(type)) {
    self.showOtherOption = (shown) => {
      if (made.choices.some((choice) => choice.goesTo)) throw new Error('Other and branches exclude each other');
      made.other = shown;
      return self;
    };
  }
  items.push(made);
  return self;
}

function validation() {
  const rules = [];
  const self = { build: () => ({ rules }), setHelpText: () => self };
  for (const rule of ['requireNumberBetween', 'requireSelectAtMost', 'requireTextMatchesPattern', 'requireTextLengthLessThanOrEqualTo']) {
    self[rule] = (...bounds) => {
      if (bounds.some((bound) => bound === undefined || bound === null)) throw new Error(rule);
      rules.push([rule, ...bounds]);
      return self;
    };
  }
  return self;
}

const form = {
  addTextItem: () => item('short'),
  addParagraphTextItem: () => item('paragraph'),
  addMultipleChoiceItem: () => item('choice'),
  addListItem: () => item('dropdown'),
  addCheckboxItem: () => item('checkboxes'),
  addDateItem: () => item('date'),
  addPageBreakItem: () => item('page'),
  getEditUrl: () => 'https://forms.example/edit',
  getPublishedUrl: () => 'https://forms.example/view',
};
for (const name of ['setDescription', 'setConfirmationMessage', 'setAllowResponseEdits', 'setShowLinkToRespondAgain',
  'setPublishingSummary', 'setProgressBar', 'setCollectEmail', 'setEmailCollectionType', 'setDestination']) {
  form[name] = (...given) => { calls[name] = given; return form; };
}

const FormApp = {
  create(title) { calls.create = [title]; return form; },
  createTextValidation: validation,
  createParagraphTextValidation: validation,
  createCheckboxValidation: validation,
  DestinationType: { SPREADSHEET: 'SPREADSHEET' },
  PageNavigationType: { SUBMIT: 'SUBMIT', CONTINUE: 'CONTINUE' },
  EmailCollectionType: { VERIFIED: 'VERIFIED' },
};
const Logger = { log: (line) => log.push(line) };
