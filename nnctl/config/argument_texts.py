"""What the keys of a config mean, in a sentence each, for the JSON Schema and docs/make_reference.py."""

TOP_LEVEL = {
    "name": "The name of the runs' folders; default: the file's name.",
    "seed": "Random seed of the split, the weights, the shuffling and dropout. The same seed gives the same model.",
    "dataset": "The data: the name of a bundled set, or a mapping with `path` or `name` and how to read and split it.",
    "inputs": "The model's inputs, where there are several: their names, or a mapping from names to what feeds them.",
    "layers": "The layers in order. Each takes the output of the one before, unless `from` names others.",
    "outputs": "The layers whose outputs are trained; default: the layers that feed no other layer.",
    "loss": "What training minimizes: one loss, a list in the order of the outputs, or a mapping by output.",
    "loss_weights": "The factor of each output's loss in their sum, by output.",
    "optimizer": "The rule that updates the weights.",
    "metrics": "What is measured beside the loss; default: one that suits the loss.",
    "weighted_metrics": "Metrics in which each row counts by its sample weight.",
    "epochs": "Number of passes over the training rows.",
    "batch_size": "Rows in one iteration, or `all` for the whole training set.",
    "class_weight": "The weight of each class in the training loss, or `balanced` for the inverse of its frequency.",
    "callbacks": "What acts at the end of an epoch, such as EarlyStopping.",
    "weights": "A trained run or a safetensors file whose weights training starts from, in place of random ones.",
    "keep": "Which weights `eval` and `predict` use: those of the best epoch or of the last one.",
    "engine": "How to compute: threads, precision and fusions. The results are the same but for rounding.",
}

# By class, where a key means something of its own there.
OF_CLASS = {
    "DatasetSpec": {
        "name": "A bundled data set, or one that is downloaded once (`nnctl datasets` lists them).",
        "path": "A file, a glob or a list of files (CSV, TSV, JSON, Parquet, npz), or a folder of images, texts or IDX"
        " files.",
        "validation_path": "Files with the validation rows, in place of a split.",
        "test_path": "Files with the test rows, in place of a split.",
        "query": "An SQL query over the table `data`, whose result is used in place of the file.",
        "target": "The column or columns to predict, or a mapping from outputs to columns; for npz, the array.",
        "features": "The columns to learn from; default: all but the target.",
        "ignore": "Columns to leave out.",
        "categorical": "Columns to read as categories, even if they hold numbers.",
        "numeric": "Columns to read as numbers, even if they look like categories.",
        "encode": "How categories become numbers: one column for each category, or one integer for an Embedding.",
        "rare": "Categories with fewer training rows than this are combined into one, `(rare)`.",
        "dates": "The order of day, month and year, for all columns or by column; default: what fits all rows.",
        "decimal": "The decimal mark; default: what the file shows.",
        "missing_values": "Words that mean a missing value, in place of NA, None, ? and the like.",
        "encoding": "The character encoding of CSV files; default: UTF-8.",
        "missing": "What to do with missing values, for all columns or by column.",
        "normalize": "How numbers are scaled, for all columns or by column; default: `standard` for tables.",
        "weight": "The column of sample weights.",
        "lengths": "The npz array of the sequences' lengths, or one by input; default: NAME_lengths, or lengths.",
        "alphabet": "The characters that a text target (CTC) may hold; default: all that it holds, sorted.",
        "image": "How the images of a folder are read.",
        "sequence": "For tables whose rows are time steps: which rows form a sequence.",
        "text": "Columns of text, turned into token ids for an Embedding.",
        "split": "Which rows train, which validate and which test.",
    },
    "SplitSpec": {
        "validation": "The fraction of all rows that validate.",
        "test": "The fraction of all rows that test.",
        "stratify": "Keep the proportions of the classes; default: yes for class targets.",
        "order": "`random` shuffles the rows with the seed; `keep` takes the last rows, in file order.",
        "time": "A column to sort by: the latest rows validate and test.",
        "column": "A column that says train, validation or test for each row.",
        "seed": "Random seed of the split; default: the config's seed.",
    },
    "SequenceSpec": {
        "id": "The column that tells the sequences apart: the rows of an id form one sequence.",
        "order": "The column that orders the steps of a sequence; default: the file's order.",
        "length": "The number of steps that all sequences are cut or padded to; default: the longest.",
        "target": "`one` target for each sequence, or one for `each` step.",
    },
    "TextSpec": {
        "column": "The column of texts, or several columns, each an input of its own.",
        "split": "Split texts into words or into characters.",
        "lower": "Convert to lower case and remove punctuation.",
        "vocabulary": "The largest number of token ids, with 0 for padding and 1 for unknown tokens among them.",
        "length": "The number of tokens that all texts are cut or padded to; default: the longest in training.",
    },
    "ImageSpec": {
        "size": "The [height, width] that all images are resized to; default: the size of the first one.",
        "color": "Read images as RGB or in shades of gray; default: as the first one is.",
        "background": 'The color behind transparent images: white, black, "#rrggbb" or [red, green, blue].',
        "range": "The [lowest, highest] value of images with more than 8 bits per color, mapped to 0 to 1.",
    },
    "InputSpec": {
        "shape": "The shape of the input without the batch axis; default: found from the data.",
        "columns": "The columns of the table that feed this input.",
        "array": "The npz array that feeds this input; default: the one with the input's name.",
    },
    "EngineSpec": {
        "backend": "The engine that computes.",
        "threads": "The number of threads; default: the number of cores.",
        "shard_rows": "The rows of a batch that one thread processes at a time; default: chosen from the cache's size.",
        "dtype": "The precision of all numbers; float64 is for checks.",
        "fuse": "The steps that may be combined into one; default: all. The results are the same but for rounding.",
    },
}

# What an entry of `layers:` takes besides the arguments of its layer.
WIRING = {
    "name": "The name of the layer, by which `from` and `outputs` find it.",
    "from": "The layers or inputs whose outputs this layer takes; default: the layer before.",
    "shared": "The name of an earlier layer whose weights this one uses.",
    "initial_state": "The layer whose states a recurrent layer starts from.",
    "layer": "The name of the layer whose weights are used again.",
    "weights": "A file of word vectors (GloVe, or word2vec as text) that the embedding of a text input starts from.",
    "times": "How many times the layers are repeated.",
    "layers": "The layers to repeat.",
}

# The keys of `weights:`.
INITIAL_WEIGHTS = {
    "from": "A run's folder, or a safetensors file whose arrays are named layer/weight.",
    "layers": "The layers that take their weights from there, or {name there: name here}; default: all that match.",
}
