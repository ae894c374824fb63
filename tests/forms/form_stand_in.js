// A small stand-in for Google's FormApp, SpreadsheetApp and Drive: remembers what a script makes, and refuses what
// Google refuses. A method that is not here does not exist there either. `WORLD` sets the scene: `privateAccount`,
// `driveService`, `books` (spreadsheet id -> tab -> rows) and `responsesName` (what Google calls a tab of answers).
const forms = [];
const log = [];
let ids = 0;

function refuse(condition, what) {
  if (condition) throw new Error('Google refuses: ' + what);
}

function text(value, what) {
  refuse(typeof value !== 'string' || !value, what + ' has to be a text');
  return value;
}

function flag(value, what) {
  refuse(typeof value !== 'boolean', what + ' has to be true or false');
  return value;
}

function item(form, type) {
  const made = { type, title: '', required: false, choices: [], other: false, validation: null, help: '', entry: 1000 + ++ids };
  const self = {
    made,
    setTitle(title) { made.title = text(title, 'a title'); return self; },
    setHelpText(help) { made.help = text(help, 'a help text'); return self; },
  };
  if (type !== 'page') {
    self.setRequired = (required) => { made.required = flag(required, 'required'); return self; };
  }
  if (['short', 'paragraph', 'checkboxes'].includes(type)) {
    self.setValidation = (validation) => {
      refuse(validation.type !== type, 'a validation of ' + validation.type + ' on ' + type);
      made.validation = validation;
      return self;
    };
  }
  if (['choice', 'dropdown', 'checkboxes'].includes(type)) {
    self.setChoiceValues = (values) => {
      refuse(!values.length, 'no choices for ' + made.title);
      refuse(new Set(values).size !== values.length, 'the same choice twice in ' + made.title);
      made.choices = values.map((value) => ({ text: text(value, 'a choice') }));
      return self;
    };
  }
  if (['choice', 'dropdown'].includes(type)) {
    self.createChoice = (value, destination) => {
      refuse(destination === undefined, 'no page to go to from ' + value);
      refuse(destination.made && !form.items.includes(destination.made), 'a page of another form');
      return { text: text(value, 'a choice'), goesTo: destination.made ? destination.made.title : destination };
    };
    self.setChoices = (choices) => {
      refuse(new Set(choices.map((choice) => choice.text)).size !== choices.length, 'the same choice twice');
      made.choices = choices;
      return self;
    };
  }
  if (['choice', 'checkboxes'].includes(type)) {
    self.showOtherOption = (shown) => {
      refuse(made.choices.some((choice) => choice.goesTo), 'Other and branches at once');
      made.other = flag(shown, 'Other');
      return self;
    };
  }
  const answers = {
    short: (value) => typeof value === 'string',
    paragraph: (value) => typeof value === 'string',
    choice: (value) => made.other || made.choices.some((choice) => choice.text === value),
    dropdown: (value) => made.choices.some((choice) => choice.text === value),
    checkboxes: (values) => values.every((value) => made.other || made.choices.some((choice) => choice.text === value)),
    date: (value) => value instanceof Date,
  };
  if (answers[type]) {
    self.createResponse = (value) => {
      refuse(!answers[type](value), 'an answer that does not fit ' + made.title);
      const shown = type === 'date' ? value.toISOString().slice(0, 10) : value;
      return { entry: made.entry, shown: encodeURIComponent(shown) };
    };
  }
  form.items.push(made);
  return self;
}

function validation(type, rules) {
  const found = [];
  const self = {
    build: () => { refuse(!found.length, 'a validation without a rule'); return { type, rules: found }; },
    setHelpText: (help) => { text(help, 'a help text'); return self; },
  };
  for (const rule of rules) {
    self[rule] = (...bounds) => {
      refuse(bounds.some((bound) => bound === undefined || bound === null), rule + ' without bounds');
      refuse(rule === 'requireNumberBetween' && !(bounds[0] <= bounds[1]), rule + ' the wrong way round');
      if (rule === 'requireTextMatchesPattern') new RegExp(bounds[0]);
      found.push([rule, ...bounds]);
      return self;
    };
  }
  return () => self;
}

function book(id) {
  refuse(!(id in WORLD.books), 'no spreadsheet ' + id);
  const tabs = WORLD.books[id];
  const free = (name, mine) => refuse(
    tabs.some((tab) => tab !== mine && tab.name.toLowerCase() === name.toLowerCase()), 'a tab of the name ' + name);
  const sheet = (tab) => ({
    getSheetId: () => tab.id,
    getName: () => tab.name,
    setName: (name) => { free(text(name, 'a name'), tab); tab.name = name; },
    setFrozenRows: (rows) => { tab.frozen = rows; },
    getLastColumn: () => Math.max(0, ...tab.rows.map((row) => row.length)),
    getRange: (row, column, rows, columns) => ({
      getValues: () => tab.rows.slice(row - 1, row - 1 + rows).map((cells) =>
        Array.from({ length: columns }, (_, place) => cells[column - 1 + place] ?? '')),
    }),
    appendRow: (row) => { refuse(row.some((cell) => cell === undefined), 'a cell without a value'); tab.rows.push(row); },
  });
  return {
    getSheets: () => tabs.map(sheet),
    getSheetByName: (name) => tabs.filter((tab) => tab.name === name).map(sheet)[0] || null,
    insertSheet: (name) => {
      free(text(name, 'a name'));
      tabs.push({ id: ++ids, name, rows: [] });
      return sheet(tabs[tabs.length - 1]);
    },
  };
}

function newForm(title) {
  const id = 'FORM-' + ++ids;
  const made = { id, title, items: [], calls: {}, published: false, responders: [], order: [] };
  const address = 'https://forms.example/' + id + '/viewform';
  const form = {
    getId: () => id,
    addTextItem: () => item(made, 'short'),
    addParagraphTextItem: () => item(made, 'paragraph'),
    addMultipleChoiceItem: () => item(made, 'choice'),
    addListItem: () => item(made, 'dropdown'),
    addCheckboxItem: () => item(made, 'checkboxes'),
    addDateItem: () => item(made, 'date'),
    addPageBreakItem: () => item(made, 'page'),
    getEditUrl: () => 'https://forms.example/' + id + '/edit',
    getPublishedUrl: () => address,
    setPublished: (published) => { made.published = flag(published, 'published'); made.order.push('published'); return form; },
    setRequireLogin: (required) => {
      refuse(WORLD.privateAccount, 'a private account has no organisation');
      made.calls.setRequireLogin = [flag(required, 'require login')];
      return form;
    },
    addPublishedReaders: (addresses) => {
      refuse(!addresses.length || !addresses.every((one) => /^\S+@\S+$/.test(one)), 'readers without addresses');
      made.responders.push(...addresses);
      return form;
    },
    setDestination: (type, id) => {
      refuse(type !== 'SPREADSHEET', 'a destination of the kind ' + type);
      book(id);
      const names = WORLD.books[id].map((tab) => tab.name);
      let number = 1;
      while (names.includes(WORLD.responsesName + ' ' + number)) number += 1;
      WORLD.books[id].push({ id: ++ids, name: WORLD.responsesName + ' ' + number, rows: [], form: made.id });
      made.calls.setDestination = [type, id];
      made.order.push('linked');
      return form;
    },
    createResponse: () => {
      const answers = [];
      const response = {
        withItemResponse: (answer) => { answers.push(answer); return response; },
        toPrefilledUrl: () => address + '?usp=pp_url' + answers.map((one) => '&entry.' + one.entry + '=' + one.shown).join(''),
      };
      return response;
    },
  };
  for (const name of ['setDescription', 'setConfirmationMessage']) {
    form[name] = (value) => { refuse(typeof value !== 'string', name); made.calls[name] = [value]; return form; };
  }
  for (const name of ['setAllowResponseEdits', 'setShowLinkToRespondAgain', 'setPublishingSummary', 'setProgressBar',
    'setCollectEmail']) {
    form[name] = (value) => { made.calls[name] = [flag(value, name)]; return form; };
  }
  form.setEmailCollectionType = (type) => {
    refuse(!['DO_NOT_COLLECT', 'VERIFIED', 'RESPONDER_INPUT'].includes(type), 'no such way to collect addresses');
    made.calls.setEmailCollectionType = [type];
    return form;
  };
  forms.push(made);
  return form;
}

const TEXT_RULES = ['requireTextMatchesPattern', 'requireTextLengthLessThanOrEqualTo'];
const FormApp = {
  create: (title) => newForm(text(title, 'a title')),
  createTextValidation: () => validation('short', ['requireNumberBetween', 'requireTextIsEmail', ...TEXT_RULES])(),
  createParagraphTextValidation: () => validation('paragraph', TEXT_RULES)(),
  createCheckboxValidation: () => validation('checkboxes', ['requireSelectAtMost'])(),
  DestinationType: { SPREADSHEET: 'SPREADSHEET' },
  PageNavigationType: { SUBMIT: 'SUBMIT', CONTINUE: 'CONTINUE' },
  EmailCollectionType: { DO_NOT_COLLECT: 'DO_NOT_COLLECT', VERIFIED: 'VERIFIED', RESPONDER_INPUT: 'RESPONDER_INPUT' },
};
const SpreadsheetApp = { openById: book, flush: () => {} };
const Logger = { log: (line) => log.push(text(line, 'a line')) };
if (WORLD.driveService) {
  globalThis.Drive = {
    Permissions: {
      create: (permission, id) => {
        const form = forms.find((one) => one.id === id);
        refuse(!form, 'no file ' + id);
        refuse(permission.type !== 'anyone' || permission.role !== 'reader' || permission.view !== 'published',
          'this permission on a form');
        form.responders.push('anyone');
      },
    },
  };
}
