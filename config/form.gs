/**
 * Builds the form and links it to the spreadsheet. Printed by `matchmaker form`.
 *
 * Paste it into a new project at script.google.com, choose `buildForm`, Run, and allow it to make a form.
 * Running it twice makes two forms. The log says where the form is and what to set by hand.
 */
const FORM = /* FORM */ {};

function buildForm() {
  const form = FormApp.create(FORM.title);
  form.setDescription(FORM.description);
  form.setConfirmationMessage(FORM.confirmation);
  form.setAllowResponseEdits(true);
  form.setShowLinkToRespondAgain(false);
  form.setPublishingSummary(false);
  form.setProgressBar(true);
  collectVerifiedEmail(form);

  const breaks = {};
  const branching = [];
  FORM.pages.forEach(function (page, number) {
    if (number > 0) {
      breaks[page.title] = form.addPageBreakItem().setTitle(page.title);
    }
    page.questions.forEach(function (question) {
      const item = addQuestion(form, question);
      if (question.branches) {
        branching.push({ item: item, question: question });
      }
    });
  });
  // A branch can name a page only once that page is there.
  branching.forEach(function (branch) {
    branch.item.setChoices(branch.question.options.map(function (option) {
      return branch.item.createChoice(option.text, destination(option.goesTo, breaks));
    }));
  });

  if (FORM.spreadsheet) {
    form.setDestination(FormApp.DestinationType.SPREADSHEET, FORM.spreadsheet);
  }
  report(form);
  return form;
}

function collectVerifiedEmail(form) {
  form.setCollectEmail(true);
  if (typeof form.setEmailCollectionType === 'function') {
    form.setEmailCollectionType(FormApp.EmailCollectionType.VERIFIED);
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
  if (question.kind === 'number') {
    const number = FormApp.createTextValidation();
    number.setHelpText('A number from ' + (question.least || 0) + ' to ' + question.highest + '.');
    return number.requireNumberBetween(question.least || 0, question.highest).build();
  }
  if (question.kind === 'checkboxes' && question.most) {
    return FormApp.createCheckboxValidation().requireSelectAtMost(question.most).build();
  }
  if (question.pattern) {
    return FormApp.createTextValidation().setHelpText(question.help).requireTextMatchesPattern(question.pattern).build();
  }
  if (question.kind === 'short') {
    return FormApp.createTextValidation().requireTextLengthLessThanOrEqualTo(200).build();
  }
  if (question.kind === 'paragraph') {
    return FormApp.createParagraphTextValidation().requireTextLengthLessThanOrEqualTo(4000).build();
  }
  return null;
}

function report(form) {
  Logger.log('The form, to edit: ' + form.getEditUrl());
  Logger.log('The form, to fill in: ' + form.getPublishedUrl());
  Logger.log('Set by hand, scripts cannot: Settings > Responses > Send responders a copy of their response: Always.');
  if (FORM.spreadsheet) {
    Logger.log('Google has added a tab for the answers to the spreadsheet. Put its name under sheets.responses_tab.');
  } else {
    Logger.log('No spreadsheet was given. Link one under Responses > Link to Sheets.');
  }
}
