/**
 * Builds forms, publishes them and links them to the spreadsheet. Printed by `matchmaker form`.
 *
 * Paste it into a new project at script.google.com. Add the service "Drive API" there (the plus beside Services), so
 * that the script can say who may answer. Then choose `buildForm`, Run, and allow it.
 * Running it twice makes two of each form. The log says where they are and what to set by hand.
 */
const FORMS = /* FORMS */ [];
const SHEET = /* SHEET */ {};

function buildForm() {
  return FORMS.map(function (declared) {
    const form = FormApp.create(declared.title);
    const prefilled = fillForm(form, declared);
    const answersTab = SHEET.answers ? linkAnswers(form, declared) : '';
    // Last of all, so that nobody answers half a form.
    form.setPublished(true);
    sayWhoMayAnswer(form, declared);
    report(form, declared, answersTab);
    if (SHEET.forms) {
      noteInSheet({
        form: declared.name,
        address: form.getPublishedUrl(),
        link: prefilledLink(form, prefilled),
        answers: answersTab,
        addresses: declared.addresses,
      });
    }
    return form;
  });
}

function fillForm(form, declared) {
  form.setDescription(declared.description);
  form.setConfirmationMessage(declared.confirmation);
  form.setAllowResponseEdits(true);
  form.setShowLinkToRespondAgain(false);
  form.setPublishingSummary(false);
  form.setProgressBar(true);
  collectAddresses(form, declared);

  const breaks = {};
  const branching = [];
  const prefilled = [];
  declared.pages.forEach(function (page, number) {
    if (number > 0) {
      breaks[page.title] = form.addPageBreakItem().setTitle(page.title);
    }
    page.questions.forEach(function (question) {
      const item = addQuestion(form, question);
      if (question.branches) {
        branching.push({ item: item, question: question });
      }
      if (question.prefilled) {
        prefilled.push({ item: item, question: question });
      }
    });
  });
  // A branch can name a page only once that page is there.
  branching.forEach(function (branch) {
    branch.item.setChoices(branch.question.options.map(function (option) {
      return branch.item.createChoice(option.text, destination(option.goesTo, breaks));
    }));
  });
  return prefilled;
}

// Verified: Google asks everybody to sign in and writes the address down. Typed: the form's first question asks for
// it, and people without a Google account can answer.
function collectAddresses(form, declared) {
  if (declared.addresses === 'typed') {
    form.setCollectEmail(false);
    return;
  }
  form.setCollectEmail(true);
  if (typeof form.setEmailCollectionType === 'function') {
    form.setEmailCollectionType(FormApp.EmailCollectionType.VERIFIED);
  }
}

function sayWhoMayAnswer(form, declared) {
  try {
    // People of other organisations too. A private account has no such setting and refuses.
    form.setRequireLogin(false);
  } catch (error) {
    Logger.log('This account cannot keep a form to its own organisation, and need not.');
  }
  if (declared.answeredBy !== 'anyone') {
    form.addPublishedReaders(declared.answeredBy);
  } else if (typeof Drive !== 'undefined') {
    Drive.Permissions.create({ type: 'anyone', view: 'published', role: 'reader' }, form.getId());
  } else {
    Logger.log('Set by hand, since the service "Drive API" was not added to this script: ' +
      'open "' + declared.title + '", Published > Manage > Responders: Anyone with the link.');
  }
}

function destination(goesTo, breaks) {
  if (goesTo === 'submit') {
    return FormApp.PageNavigationType.SUBMIT;
  }
  return goesTo ? breaks[goesTo] : FormApp.PageNavigationType.CONTINUE;
}

function addQuestion(form, question) {
  const item = {
    email: function () { return form.addTextItem(); },
    short: function () { return form.addTextItem(); },
    paragraph: function () { return form.addParagraphTextItem(); },
    choice: function () { return form.addMultipleChoiceItem(); },
    dropdown: function () { return form.addListItem(); },
    checkboxes: function () { return form.addCheckboxItem(); },
    consent: function () { return form.addCheckboxItem(); },
    date: function () { return form.addDateItem(); },
    number: function () { return form.addTextItem(); },
  }[question.kind]();
  item.setTitle(question.title).setRequired(question.required);
  if (question.help) {
    item.setHelpText(question.help);
  }
  if (question.options.length && !question.branches) {
    item.setChoiceValues(question.options.map(function (option) { return option.text; }));
  }
  if (question.other) {
    item.showOtherOption(true);
  }
  const validation = validationFor(question);
  if (validation) {
    item.setValidation(validation);
  }
  return item;
}

function validationFor(question) {
  if (question.kind === 'email') {
    return FormApp.createTextValidation().requireTextIsEmail().build();
  }
  if (question.kind === 'number') {
    const number = FormApp.createTextValidation();
    number.setHelpText('A number from ' + (question.least || 0) + ' to ' + question.highest + '.');
    return number.requireNumberBetween(question.least || 0, question.highest).build();
  }
  if (question.kind === 'checkboxes' && question.most) {
    return FormApp.createCheckboxValidation().requireSelectAtMost(question.most).build();
  }
  if (question.pattern) {
    return FormApp.createTextValidation().setHelpText(question.help || 'Please write it as asked.')
      .requireTextMatchesPattern(question.pattern).build();
  }
  if (question.kind === 'short') {
    return FormApp.createTextValidation().requireTextLengthLessThanOrEqualTo(200).build();
  }
  if (question.kind === 'paragraph') {
    return FormApp.createParagraphTextValidation().requireTextLengthLessThanOrEqualTo(4000).build();
  }
  return null;
}

// Google adds a tab for the answers under a name of its own; it gets the one the program looks for.
function linkAnswers(form, declared) {
  const before = SpreadsheetApp.openById(SHEET.answers).getSheets().map(function (sheet) { return sheet.getSheetId(); });
  form.setDestination(FormApp.DestinationType.SPREADSHEET, SHEET.answers);
  SpreadsheetApp.flush();
  const sheets = SpreadsheetApp.openById(SHEET.answers).getSheets();
  const made = sheets.filter(function (sheet) { return before.indexOf(sheet.getSheetId()) < 0; })[0];
  if (!made) {
    Logger.log('The tab with the answers was not found. Look for it, and write its name into the tab ' + SHEET.tab + '.');
    return '';
  }
  const taken = sheets.filter(function (sheet) { return sheet !== made; }).map(function (sheet) {
    return sheet.getName().toLowerCase();
  });
  let title = declared.answersTab;
  for (let number = 2; taken.indexOf(title.toLowerCase()) >= 0; number += 1) {
    title = declared.answersTab + ' (' + number + ')';
  }
  made.setName(title);
  return title;
}

// The form's address with a placeholder for each answer that a letter can bring along. Google only makes such a link
// from answers that fit, so each question's number is taken from one that does.
function prefilledLink(form, prefilled) {
  const pairs = prefilled.map(function (one) {
    const answer = one.item.createResponse(example(one.question));
    const link = form.createResponse().withItemResponse(answer).toPrefilledUrl();
    return /[?&](entry\.\d+)/.exec(link)[1] + '={' + one.question.prefilled + '}';
  });
  return pairs.length ? form.getPublishedUrl() + '?usp=pp_url&' + pairs.join('&') : '';
}

function example(question) {
  if (question.kind === 'date') {
    return new Date(2030, 0, 15);
  }
  return question.options.length ? question.options[0].text : String(question.least || 1);
}

function noteInSheet(values) {
  const book = SpreadsheetApp.openById(SHEET.forms);
  let sheet = book.getSheetByName(SHEET.tab);
  if (!sheet) {
    sheet = book.insertSheet(SHEET.tab);
    sheet.appendRow(SHEET.titles);
    sheet.setFrozenRows(1);
  }
  // People may have moved the columns.
  const header = sheet.getRange(1, 1, 1, sheet.getLastColumn()).getValues()[0];
  sheet.appendRow(header.map(function (title) {
    const name = Object.keys(SHEET.columns).filter(function (one) { return SHEET.columns[one] === title; })[0];
    return name ? values[name] : '';
  }));
}

function report(form, declared, answersTab) {
  Logger.log(declared.title + ', to edit: ' + form.getEditUrl());
  Logger.log(declared.title + ', to fill in: ' + form.getPublishedUrl());
  if (declared.addresses === 'typed') {
    Logger.log('People type their address, so Google sends no receipt; they change an answer by answering again.');
  } else {
    Logger.log('Set by hand, scripts cannot: Settings > Responses > Send responders a copy of their response: Always.');
  }
  if (!SHEET.answers) {
    Logger.log('No spreadsheet was given. Link one under Responses > Link to Sheets.');
  } else if (answersTab !== declared.answersTab) {
    Logger.log('There is a tab "' + declared.answersTab + '" already, so the answers go to "' + answersTab + '". ' +
      (declared.setting ? 'Put that name under ' + declared.setting + '.' : 'Tick Ignore beside the old form in the tab ' + SHEET.tab + '.'));
  }
}
