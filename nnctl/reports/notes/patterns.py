"""The patterns of notes, by what they are about."""

from nnctl.translation import N_

_READING = (
    N_("ignored, as configured: {names}"),
    N_('column "{name}" is not used as a feature: it holds {what}'),
    N_("the model reads only the text; not used: {names} (`inputs:` can give them an input of their own)"),
    N_('column "{name}" holds {what} and is left out; {hint}'),
    N_('column "{name}" has the same value in every row; `ignore: {list}` leaves it out'),
    N_('column "{name}" is left out: it holds texts; `text: {map}` reads it word by word, for an Embedding'),
    N_(
        'column "{name}" is left out: {n} different texts in {rows} rows look like names; `categorical: '
        "{list}` uses it nevertheless"
    ),
    N_('column "{name}": {n} of {rows} rows has no value and is left out ({which})'),
    N_('column "{name}": {n} of {rows} rows have no value and are left out ({which})'),
    N_("`missing: drop` leaves out {n} of {rows} rows in all"),
    N_('array "{name}": 1 row with NaN is left out ({which})'),
    N_('array "{name}": {n} rows with NaN are left out ({which})'),
    N_("words taken as missing values: {which}; `missing_values: []` keeps them as words"),
    N_(
        'column "{name}": whole numbers above 2^53, which float64 cannot distinguish, are read as words; '
        "`numeric: {list}` reads them as numbers"
    ),
    N_(
        'column "{name}": "{example}" is read as {date} ({order}); all values fit {orders}, and {others} '
        "reads them differently"
    ),
    N_("columns of lists or structs are not kept: {names}"),
    N_("columns that differ within a sequence are not kept: {names}"),
    N_('array "{name}" is not used: the rows of "{other}" have no time steps'),
    N_("the query creates new rows: rows are numbered as in its result, not as in the file"),
    N_("sequences with no rows left: {names}"),
    N_("{file} begins with the byte order mark of {encoding}, and is read as that, not {other}"),
    N_("{file}: its line endings are mixed ({ends}); each of them ends a line"),
    N_("{file}: spaces around unquoted fields are removed"),
    N_("{file}: every line ends in {marks} without a column: ignored"),
    N_('column "{name}": texts that are numbers are read as numbers; `categorical: {list}` keeps them as words'),
)

_PREPROCESSING = (
    N_('column "{name}": 1 missing value is taken as {value}'),
    N_('column "{name}": {n} missing values are taken as {value}'),
    N_('column "{name}": encoded as {n} one-hot columns ({words})'),
    N_('column "{name}": categories 1 to {n} ({words}), 0 for any other; an Embedding needs input_dim {size}'),
    N_(
        'column "{name}": texts as {length} token ids, one per word, with a vocabulary of {size} ({words}), '
        "[UNK] and padding; an Embedding needs input_dim {dim}, and mask_zero: true to ignore the padding"
    ),
    N_(
        'column "{name}": texts as {length} token ids, one per character, with a vocabulary of {size} '
        "({words}), [UNK] and padding; an Embedding needs input_dim {dim}, and mask_zero: true to ignore the "
        "padding"
    ),
    N_('column "{name}": {n} of {rows} texts is longer than {length} words and is truncated'),
    N_('column "{name}": {n} of {rows} texts are longer than {length} words and are truncated'),
    N_('column "{name}": {share} of the words are not in the vocabulary and are read as [UNK]'),
    N_("1 column of numbers scaled to mean 0 and standard deviation 1, using the training rows"),
    N_("{n} columns of numbers scaled to mean 0 and standard deviation 1, using the training rows"),
    N_("1 column of numbers scaled to the range 0 to 1, using the training rows"),
    N_("{n} columns of numbers scaled to the range 0 to 1, using the training rows"),
    N_("numbers scaled using the training rows: {rules}; others: standard"),
    N_("{what}: values divided by {divisor}, to the range 0 to 1"),
    N_("{what}: scaled ({rule}), feature by feature over the real time steps, using the training rows"),
    N_("{what}: scaled ({rule}), using the training rows"),
    N_("{what}: whole numbers up to {most}, not scaled; `normalize: minmax` often works better"),
    N_("{what}: sequences of {least} to {most} time steps, padded with zeros to {steps}; the padding is masked"),
    N_("{what}: sequences of {n} time steps"),
    N_(
        "{what}: rows of {least} to {most} labels, {n} classes ({classes}) and the blank; the last layer "
        "needs {units} units"
    ),
    N_("{what}: {zero} is 0, {one} is 1"),
    N_("{n} images are resized to {height} x {width} pixels"),
    N_("{n} images are converted to {mode}"),
    N_('column "{name}": 1 category with fewer than {least} training rows is combined as "{word}" ({words})'),
    N_('column "{name}": {n} categories with fewer than {least} training rows are combined as "{word}" ({words})'),
    N_('column "{name}": 1 value does not occur in the training rows ({words}) and counts as no category'),
    N_('column "{name}": {n} values do not occur in the training rows ({words}) and count as no category'),
    N_("{what}: 1 missing value is taken as {value}"),
    N_("{what}: {n} missing values are taken as {value}"),
    N_("{what} truncated to the first {n} time steps, as configured"),
)

_SPLITTING = (
    N_("1 {split} row is also in the training split, with equal values"),
    N_("{n} {split} rows are also in the training split, with equal values"),
    N_('column "{name}" determines the target "{target}": one follows from the other; `ignore: {list}` leaves it out'),
    N_("split: {counts} rows ({how})"),
)

_TRAINING = (
    N_("the loss is computed on the scaled target {names}; metrics are in the target's own unit"),
    N_("{loss} is computed on the scaled target {names}; metrics are in the target's own unit"),
    N_("class_weight applies to {where}; metrics, validation and eval weight all rows equally"),
    N_('target "{name}": class {names} has no training rows, so the model cannot learn it'),
    N_('target "{name}": classes {names} have no training rows, so the model cannot learn them'),
    N_(
        "target {names} has mean {mean} and standard deviation {spread}, far from 0 and 1, where training "
        "starts: scale it with dataset: {map}"
    ),
    N_(
        "{schedule} hardly starts: its {argument} is {length}, the run has {total} iterations ({epochs} "
        "epochs of {each}); the learning rate goes from {first} to {last}"
    ),
    N_(
        "{schedule} ends early: its {argument} is {length}, the run has {total} iterations ({epochs} epochs "
        "of {each}); the learning rate goes from {first} to {last}"
    ),
    N_(
        "{schedule} hardly starts: its {argument} is {length}, the run has {total} iterations (1 epoch of {each}); "
        "the learning rate goes from {first} to {last}"
    ),
    N_(
        "{schedule} hardly starts: its {argument} is {length}, the run has 1 iteration (1 epoch of 1); the learning "
        "rate goes from {first} to {last}"
    ),
    N_(
        "{schedule} ends early: its {argument} is {length}, the run has {total} iterations (1 epoch of {each}); the "
        "learning rate goes from {first} to {last}"
    ),
    N_("{layer} ends in {activation}, so it can only predict within its range; linear is usual for {loss}"),
    N_("{layer} ends in {activation}, which is never below 0, but {loss} reads values below 0 as no; linear is usual"),
    N_(
        "{layer} ends in {activation}: {loss} compares distributions, but these values do not sum to 1; "
        "softmax is usual"
    ),
    N_("{loss} after softmax treats {n} exclusive classes as {n} yes-or-no questions"),
    N_("no checkpoint to resume from: the run starts from the beginning"),
    N_("resuming after iteration {iteration} of epoch {epoch}"),
    N_("resuming after epoch {epoch}"),
    N_("resuming from the beginning"),
    N_("this run would be faster with compiled kernels: {how}"),
    N_("compiled kernels are not used, NumPy computes instead: {reason}"),
    N_("early stopping: {metric} has not improved since epoch {epoch}"),
    N_("early stopping: {metric} was never finite"),
    N_("no weights are restored: {metric} was never finite in an epoch that EarlyStopping watched"),
    N_("the weights of epoch {epoch}, the best, are restored"),
    N_("learning rate lowered to {rate}: {metric} is on a plateau"),
    N_("epoch {epoch}: {what}. An epoch in which {metric} is not finite is never the best"),
    N_("the run stopped because training had diverged; it resumes from the last good weights; {advice}"),
    N_("the run stopped because training had diverged; it resumes from the last good weights"),
    N_("the best epoch is now chosen by {metric}, no longer by {other}"),
    N_("callback {n}, {kind}, is new and starts here"),
    N_("{layer}: {n} of the {all} words are in the vocabulary of {file}"),
    N_('the input\'s column "{name}" is written as "{new}", because the predictions have a column "{name}"'),
)

_VERDICTS = (
    N_(
        "No better than the baseline ({split} loss {loss}, baseline {baseline}), though the training loss is "
        "{last}: the model does not generalize; {advice}"
    ),
    N_(
        "No better than the baseline ({split} loss {loss}, baseline {baseline}), and the training loss is "
        "still falling: train longer, with epochs: {epochs}"
    ),
    N_(
        "No better than the baseline ({split} loss {loss}, baseline {baseline}), and the training loss is "
        "still falling: train longer, with epochs: {epochs} and 5 times as many decay_steps"
    ),
    N_(
        "No better than the baseline ({split} loss {loss}, baseline {baseline}): give the model more units or"
        " layers, or check that the features tell something about the target"
    ),
    N_(
        "No better than the baseline ({split} loss {loss}, baseline {baseline}), and the training loss does "
        "not fall: change the optimizer's learning_rate, or epochs"
    ),
    N_(
        "Output {output} is no better than the baseline ({split} {metric} {value}, baseline {baseline}): raise its "
        "factor in loss_weights, or check that the features tell something about it"
    ),
    N_("Class {names} is never predicted on the {split} rows that have it: {advice}"),
    N_("Classes {names} are never predicted on the {split} rows that have them: {advice}"),
    N_(
        "Validation is far worse than training (loss {validation} against {training}) and was best at epoch "
        "{epoch}, whose weights are kept: stop there, with callbacks: {list}"
    ),
    N_(
        "Validation is far worse than training (loss {validation} against {training}) and was best at epoch "
        "{epoch}: stop there, with callbacks: {list}"
    ),
    N_("Validation is far worse than training (loss {validation} against {training}): {advice}"),
)

_CONVERSION = (
    N_("in the file, there is no function train, because {reason}"),
    N_("the module takes preprocessed rows; the docstring of the file says how they are made of raw ones"),
    N_("the model is not compiled: {what}; call its compile() before you train it further"),
    N_("{what} is set to {value}: {reason}"),
    N_("{what} is left out: {reason}"),
    N_("the weights are float64 in the run and float32 in the file"),
    N_("{reason}: the input {name} takes preprocessed values, as nnctl's own readers make them"),
    N_(
        "the output {name} has the classes of each time step, which ONNX cannot read as text: class 0 "
        "is the blank, repeated classes count once"
    ),
)

_DATASETS = (N_("downloaded on first use, {size}"),)


# Each note is made from one of these.
NOTES = (*_READING, *_PREPROCESSING, *_SPLITTING, *_TRAINING, *_VERDICTS, *_CONVERSION, *_DATASETS)


# What stands in the placeholders of others.
PARTS = (
    N_("{n} train"),
    N_("{n} validation"),
    N_("{n} test"),
    N_("train"),
    N_("validation"),
    N_("test"),
    N_('stratified by "{name}"'),
    N_("shuffled with seed {seed}"),
    N_("the last rows"),
    N_("in file order"),
    N_('by column "{name}"'),
    N_("test as given"),
    N_("validation as given"),
    N_("validation and test as given"),
    N_("{value} (median of the training rows)"),
    N_("{value} (mean of the training rows)"),
    N_('array "{name}"'),
    N_('column "{name}"'),
    N_('target "{name}"'),
    N_("row {n}"),
    N_("rows {numbers}"),
    N_("the sample weights"),
    N_("the time of the split"),
    N_("the split"),
    N_("the ids of the sequences"),
    N_("the order of the steps"),
    N_('{words} in column "{name}" (1 row)'),
    N_('{words} in column "{name}" ({n} rows)'),
    N_("{which} and {n} more"),
    N_('the category "{name}"'),
    N_("no category, since no training row has a missing value"),
    N_("empty texts"),
    N_("dates"),
    N_("times of day"),
    N_("durations"),
    N_("no values"),
    N_("objects with fields"),
    N_("objects with keys"),
    N_("values of several types"),
    N_("values of mixed types"),
    N_("lists of {what}"),
    N_("empty lists"),
    N_("numbers"),
    N_("words"),
    N_("`ignore: {list}` leaves it out"),
    N_("for example `query: {map}`"),
    N_("write values of one type, or read them as words: `query: {map}`"),
    N_("the training loss"),
    N_("give the model fewer units, or more rows to train on"),
    N_("add a Dropout: {rate: 0.3} to layers:, use fewer units, or train on more rows"),
    N_("train longer (epochs:), or give the model more units"),
    N_("balance the classes with class_weight: balanced"),
)

# Where a value of a config comes from, and the values of a column.
ORIGINS = (
    N_("line {n}"),
    N_("default"),
    N_("its own choice"),  # of the library of BLAS
)
VALUES = (N_("{least} to {most}"),)
