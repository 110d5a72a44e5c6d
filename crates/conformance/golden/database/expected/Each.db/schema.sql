CREATE TABLE Experiment (
    experiment_id integer primary key AUTOINCREMENT,
    name text);
CREATE TABLE Experiment_Properties (
    experiment_id integer not null,
    object_name text not null,
    field text not null,
    value longtext,
    constraint Experiment_Properties_pk primary key (experiment_id, object_name, field));
CREATE TABLE MyExpt_Per_Cells (
ImageNumber INTEGER
,
Cells_Number_Object_Number integer,
Cells_Children_Nuclei_Count integer,
Cells_Location_Center_X float,
Cells_Location_Center_Y float,
Cells_Location_Center_Z float,
PRIMARY KEY (ImageNumber, Cells_Number_Object_Number) );
CREATE TABLE MyExpt_Per_Experiment (
Pipeline_Pipeline longblob,
CellProfiler_Version TEXT,
Run_Timestamp TEXT,
Modification_Timestamp TEXT);
CREATE INDEX MyExpt_Per_IRelationships1 ON MyExpt_Per_Relationships ( image_number1, object_number1, relationship_type_id );
CREATE INDEX MyExpt_Per_IRelationships2 ON MyExpt_Per_Relationships ( image_number2, object_number2, relationship_type_id );
CREATE TABLE MyExpt_Per_Image (
ImageNumber INTEGER,
Image_Count_Cells integer,
Image_Count_Nuclei integer,
Image_ExecutionTime_01Images float,
Image_ExecutionTime_02Metadata float,
Image_ExecutionTime_03NamesAndTypes float,
Image_ExecutionTime_04Groups float,
Image_ExecutionTime_05IdentifyPrimaryObjects float,
Image_ExecutionTime_06IdentifyPrimaryObjects float,
Image_ExecutionTime_07RelateObjects float,
Image_ExecutionTime_08OverlayOutlines float,
Image_ExecutionTime_09SaveImages float,
Image_FileName_Cell TEXT,
Image_FileName_DNA TEXT,
Image_FileName_OrigOverlay TEXT,
Image_Frame_Cell integer,
Image_Frame_DNA integer,
Image_Group_Index integer,
Image_Group_Length integer,
Image_Group_Number integer,
Image_Height_Cell integer,
Image_Height_DNA integer,
Image_MD5Digest_Cell TEXT,
Image_MD5Digest_DNA TEXT,
Image_Metadata_FileLocation TEXT,
Image_Metadata_Frame TEXT,
Image_Metadata_Plate TEXT,
Image_Metadata_Series TEXT,
Image_Metadata_Site TEXT,
Image_PathName_Cell TEXT,
Image_PathName_DNA TEXT,
Image_PathName_OrigOverlay TEXT,
Image_Scaling_Cell float,
Image_Scaling_DNA float,
Image_Series_Cell integer,
Image_Series_DNA integer,
Image_Threshold_FinalThreshold_Cells float,
Image_Threshold_FinalThreshold_Nuclei float,
Image_Threshold_OrigThreshold_Cells float,
Image_Threshold_OrigThreshold_Nuclei float,
Image_Threshold_SumOfEntropies_Cells float,
Image_Threshold_SumOfEntropies_Nuclei float,
Image_Threshold_WeightedVariance_Cells float,
Image_Threshold_WeightedVariance_Nuclei float,
Image_URL_Cell TEXT,
Image_URL_DNA TEXT,
Image_Width_Cell integer,
Image_Width_DNA integer,
PRIMARY KEY (ImageNumber) );
CREATE TABLE MyExpt_Per_Nuclei (
ImageNumber INTEGER
,
Nuclei_Number_Object_Number integer,
Nuclei_Distance_Centroid_Cells integer,
Nuclei_Distance_Minimum_Cells integer,
Nuclei_Location_Center_X float,
Nuclei_Location_Center_Y float,
Nuclei_Location_Center_Z float,
Nuclei_Parent_Cells integer,
PRIMARY KEY (ImageNumber, Nuclei_Number_Object_Number) );
CREATE TABLE MyExpt_Per_RelationshipTypes (relationship_type_id integer primary key, module_number integer, relationship varchar(255), object_name1 varchar(255), object_name2 varchar(255), CONSTRAINT MyExpt_Per_RelationshipTypesUnique UNIQUE ( relationship_type_id, module_number, relationship, object_name1, object_name2 ));
CREATE TABLE MyExpt_Per_Relationships ( relationship_type_id integer, image_number1 integer, object_number1 integer, image_number2 integer, object_number2 integer ,CONSTRAINT MyExpt_Per_RRTypeIdFK FOREIGN KEY ( relationship_type_id )  REFERENCES MyExpt_Per_RelationshipTypes ( relationship_type_id ) ,CONSTRAINT MyExpt_Per_RelationshipUnique UNIQUE ( relationship_type_id, image_number1, object_number1, image_number2, object_number2 ));
CREATE VIEW MyExpt_Per_RelationshipsView AS SELECT T.module_number, T.relationship, T.object_name1, T.object_name2, R.image_number1, R.object_number1, R.image_number2, R.object_number2 FROM MyExpt_Per_RelationshipTypes T JOIN MyExpt_Per_Relationships R ON  T.relationship_type_id = R.relationship_type_id;
