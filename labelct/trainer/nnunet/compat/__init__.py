"""All that labelct knows of nnU-Net's inside (nnunetv2 2.8): names, attributes, environment variables, places of files.

No other room imports nnunetv2, and `tests/trainer/nnunet/compat/` names each thing that is used here, so that another
version of nnU-Net is a matter of these two folders. What nnU-Net documents for its users, the raw format and the
content of its JSON files, is used elsewhere too.
"""

from labelct.trainer.nnunet.compat.augmenters import GO_ON, augmenting
from labelct.trainer.nnunet.compat.environment import DATASET, EXTERNAL, LOG, PLANS, TRAINER, fold_of, roots
from labelct.trainer.nnunet.compat.planning import MOST_SAMPLES, PLANNERS, extract_fingerprint, make_plans
from labelct.trainer.nnunet.compat.prediction import open_network, segment
from labelct.trainer.nnunet.compat.preprocessor import CASE_FILES, Prepared, Preprocessor
from labelct.trainer.nnunet.compat.sharing import bare_network, copy_model, write_archive
from labelct.trainer.nnunet.compat.trainer import LATEST, VALUES, LabelctTrainer, run
